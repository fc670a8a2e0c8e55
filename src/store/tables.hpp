#pragma once

#include <string_view>
#include <tuple>

#include "model/record.hpp"
#include "store/table.hpp"

namespace healer::store {

// The table of each stored record. A new field of a record needs no change here, only a line in the struct
// and in its description, and a line of SQL in schema.cpp.

template <>
struct Table<WorkloadRecord> {
  static constexpr std::string_view name = "workloads";
  static constexpr std::tuple key{&WorkloadRecord::key};
  static constexpr OwnColumn own{"written_at", "unixepoch()*1000"};
};

template <>
struct Table<HostRecord> {
  static constexpr std::string_view name = "host";
  static constexpr std::tuple key{};
  static constexpr OwnColumn own{"id", "1", OwnColumn::Role::Key};
};

template <>
struct Table<EventCursor> {
  static constexpr std::string_view name = "event_cursor";
  static constexpr std::tuple key{};
  static constexpr OwnColumn own{"id", "1", OwnColumn::Role::Key};
};

template <>
struct Table<Incident> {
  static constexpr std::string_view name = "incidents";
  static constexpr std::tuple key{&Incident::id};
};

template <>
struct Table<Attempt> {
  static constexpr std::string_view name = "attempts";
  static constexpr std::tuple key{&Attempt::id};
};

template <>
struct Table<Notification> {
  static constexpr std::string_view name = "notifications";
  static constexpr std::tuple key{&Notification::id};
};

template <>
struct Table<Delivery> {
  static constexpr std::string_view name = "deliveries";
  static constexpr std::tuple key{&Delivery::notification, &Delivery::channel};
};

template <>
struct Table<Receipt> {
  static constexpr std::string_view name = "receipts";
  static constexpr std::tuple key{&Receipt::channel, &Receipt::dedup_key};
};

template <>
struct Table<Evidence> {
  static constexpr std::string_view name = "evidence";
  static constexpr std::tuple key{};
};

template <>
struct Table<Decision> {
  static constexpr std::string_view name = "decisions";
  static constexpr std::tuple key{};
};

/// Calls function(static_cast<R*>(nullptr)) for each stored record R.
template <class F>
void for_each_table(F&& function) {
  const auto each = [&]<class... R>(std::tuple<R...>*) { (function(static_cast<R*>(nullptr)), ...); };
  each(static_cast<std::tuple<WorkloadRecord, HostRecord, EventCursor, Incident, Attempt, Notification,
                              Delivery, Receipt, Evidence, Decision>*>(nullptr));
}

}  // namespace healer::store
