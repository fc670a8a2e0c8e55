#pragma once

#include <array>
#include <optional>

#include "model/event.hpp"
#include "model/policy.hpp"

namespace healer {

/// Everything that the core knows about a kind of remedy. A new remedy is a row here, and one in
/// present/remedy_words.hpp.
struct RemedyTraits {
  /// What is done if the container has exited.
  enum class OnExited { Same, Start, Nothing };
  /// What the remedy does to the instance.
  enum class Instance {
    Replaced,    ///< another instance follows, with a start to wait for
    Ended,       ///< no instance follows
    GetsSignal,  ///< the instance goes on, unless the signal ends it
    Kept,        ///< the instance goes on; if its process ends meanwhile, the remedy did not end it
  };
  /// How long the engine may take.
  enum class Length {
    Call,        ///< a stop and a start
    Short,       ///< no stop to wait for
    Recreation,  ///< twice a Call, and time to undo the recreation
  };

  RemedyKind kind = RemedyKind::None;
  std::optional<Capability> needs = {};
  OnExited on_exited = OnExited::Same;
  Instance instance = Instance::Kept;
  Length length = Length::Call;
  bool counts_as_restart = false;  ///< for efficacy: restarts in a row that did not help
  bool only_when_exited = false;   ///< skipped while the container runs
};

namespace detail {

using Exited = RemedyTraits::OnExited;
using Instance = RemedyTraits::Instance;
using Length = RemedyTraits::Length;

/// In the order of RemedyKind.
inline constexpr std::array<RemedyTraits, enum_count<RemedyKind>> remedy_traits{{
    {RemedyKind::Restart, Capability::Restart, Exited::Start, Instance::Replaced, Length::Call, true},
    {RemedyKind::Start, Capability::Start, Exited::Start, Instance::Replaced, Length::Call, true, true},
    {RemedyKind::Stop, Capability::Stop, Exited::Nothing, Instance::Ended, Length::Call},
    {RemedyKind::None, {}, Exited::Same, Instance::Ended, Length::Call},
    {RemedyKind::Kill, Capability::Kill, Exited::Start, Instance::GetsSignal, Length::Call},
    {RemedyKind::Exec, Capability::Exec, Exited::Start, Instance::Kept, Length::Short},
    {RemedyKind::Recreate, Capability::Recreate, Exited::Same, Instance::Replaced, Length::Recreation},
    {RemedyKind::Replace, Capability::Replace, Exited::Same, Instance::Replaced, Length::Call, true},
    {RemedyKind::Webhook, {}, Exited::Same, Instance::Kept, Length::Short},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < remedy_traits.size(); ++i)
    if (remedy_traits[i].kind != static_cast<RemedyKind>(i)) return false;
  return true;
}
static_assert(in_order(), "each remedy has its row, in the order of RemedyKind");

}  // namespace detail

constexpr const RemedyTraits& traits_of(RemedyKind kind) {
  return detail::remedy_traits[static_cast<std::size_t>(kind)];
}

/// Whether the instance goes on: there is no start to wait for.
constexpr bool keeps_instance(RemedyKind kind) {
  const auto instance = traits_of(kind).instance;
  return instance == RemedyTraits::Instance::Kept || instance == RemedyTraits::Instance::GetsSignal;
}

}  // namespace healer
