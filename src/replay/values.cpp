#include "replay/values.hpp"

#include <memory>
#include <string_view>
#include <variant>

#include <fmt/format.h>
#include <boost/json/serialize.hpp>

#include "base/redact.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"

namespace healer::replay {
namespace {

constexpr const char* number_of_a_policy = "the number of a policy that an earlier line holds";

/// Checks what the core relies on.
Result<void> checked(const Policy& policy) {
  if (policy.interval <= Duration{0})
    return failure(ErrorCode::InvalidInput, "is.interval: a time above 0 was expected");
  for (const MaintenanceWindow& window : policy.maintenance)
    if (window.zone && window.zone->changes.empty())
      return failure(ErrorCode::InvalidInput, "is.maintenance: a time zone needs its changes");
  return {};
}

}  // namespace

std::string ValueWriter::hidden(const std::string& secret) {
  if (secret.empty()) return {};
  const auto [entry, fresh] = hidden_.try_emplace(secret);
  if (fresh)
    entry->second =
        hidden_.size() == 1 ? std::string(redacted_mark) : fmt::format("<redacted {}>", hidden_.size());
  return entry->second;
}

boost::json::value ValueWriter::write(const Secret& secret) {
  return boost::json::value(hidden(secret.reveal()));
}

boost::json::value ValueWriter::write(const PolicyPtr& policy) {
  if (!policy) return nullptr;
  boost::json::value value = json::Writer(*this).write(*policy);
  const auto [entry, fresh] = policies_.try_emplace(boost::json::serialize(value), policies_.size() + 1);
  if (fresh) new_policies_.push_back({entry->second, std::move(value)});
  return entry->second;
}

boost::json::value ValueWriter::write(const std::map<std::string, std::string>& labels) {
  boost::json::object object;
  for (const auto& [label, text] : labels) object[label] = hidden(text);
  return object;
}

boost::json::value ValueWriter::event(const Event& event) {
  return json::Writer(*this).write(event);
}

boost::json::value ValueWriter::host_policy(const HostPolicy& policy) {
  return json::Writer(*this).write(policy);
}

boost::json::value ValueWriter::stored(const StoredState& stored) {
  return json::Writer(*this).write(stored);
}

const char* ValueReader::read(const boost::json::value& from, PolicyPtr& into) const {
  const auto number = json::whole_number_of<std::uint64_t>(from);
  const auto found = number ? policies_.find(*number) : policies_.end();
  if (found == policies_.end()) return number_of_a_policy;
  into = found->second;
  return nullptr;
}

Result<Event> ValueReader::event(const boost::json::value& value) {
  auto event = json::Reader(std::as_const(*this)).read<Event>(value, "event");
  if (event)
    if (const auto* observed = std::get_if<ContainerObserved>(&*event); observed && !observed->policy)
      return failure(ErrorCode::InvalidInput,
                     fmt::format("event.policy is missing; accepted: {}", number_of_a_policy));
  return event;
}

Result<HostPolicy> ValueReader::host_policy(const boost::json::value& value) {
  return json::Reader(std::as_const(*this)).read<HostPolicy>(value, "host_policy");
}

Result<StoredState> ValueReader::stored(const boost::json::value& value) {
  return json::Reader(std::as_const(*this)).read<StoredState>(value, "stored");
}

Result<void> ValueReader::policy(std::uint64_t number, const boost::json::value& value) {
  auto policy = json::Reader(std::as_const(*this)).read<Policy>(value, "is");
  if (!policy) return tl::unexpected(std::move(policy.error()));
  if (auto good = checked(*policy); !good) return good;
  if (!policies_.emplace(number, std::make_shared<const Policy>(std::move(*policy))).second)
    return failure(ErrorCode::InvalidInput, fmt::format("policy {} is there twice", number));
  return {};
}

}  // namespace healer::replay
