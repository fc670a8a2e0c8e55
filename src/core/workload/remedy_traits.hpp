#pragma once

#include <array>
#include <optional>

#include "model/event.hpp"
#include "model/policy.hpp"

namespace healer {

/// Everything that the core knows about a kind of remedy. A new remedy is a row here.
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
  const char* log_verb = "";  ///< as in "RESTARTING web"
  const char* sentence = "";  ///< for notifications
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
    {RemedyKind::Restart, "RESTARTING", "It is being restarted.", Capability::Restart, Exited::Start,
     Instance::Replaced, Length::Call, true},
    {RemedyKind::Start, "STARTING", "It is being started.", Capability::Start, Exited::Start,
     Instance::Replaced, Length::Call, true, true},
    {RemedyKind::Stop, "STOPPING", "It is being stopped, as healer.remedies says.", Capability::Stop,
     Exited::Nothing, Instance::Ended, Length::Call},
    {RemedyKind::None,
     "LEAVING",
     "It is not touched, as healer.remedies says.",
     {},
     Exited::Same,
     Instance::Ended,
     Length::Call},
    {RemedyKind::Kill, "SIGNALLING", "It is sent a signal.", Capability::Kill, Exited::Start,
     Instance::GetsSignal, Length::Call},
    {RemedyKind::Exec, "RUNNING A COMMAND IN", "A command is executed in it.", Capability::Exec,
     Exited::Start, Instance::Kept, Length::Short},
    {RemedyKind::Recreate, "RECREATING", "It is being recreated.", Capability::Recreate, Exited::Same,
     Instance::Replaced, Length::Recreation},
    {RemedyKind::Replace, "REPLACING", "It is being replaced.", Capability::Replace, Exited::Same,
     Instance::Replaced, Length::Call, true},
    {RemedyKind::Webhook,
     "CALLING A WEBHOOK FOR",
     "The configured webhook is called.",
     {},
     Exited::Same,
     Instance::Kept,
     Length::Short},
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
