#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <boost/mp11/algorithm.hpp>

#include "base/time.hpp"
#include "model/describe.hpp"

namespace healer {

/// Which workloads a command of an operator may name: one, or one or all.
enum class CommandScope { One, OneOrAll };

/// How operators see a command: `healer NAME`, and POST /v1/NAME on the admin socket.
struct CommandForm {
  std::string_view name;
  CommandScope scope = CommandScope::One;
  std::string_view help;           ///< what it does, for `healer --help`
  std::string_view done;           ///< printed once healer has accepted it
  std::string_view done_for = {};  ///< the same before the length that was given with --for
};

/// `healer reset NAME`: closes the circuit breaker and resets the backoff.
struct OperatorReset {
  std::string workload;

  static constexpr CommandForm form{"reset", CommandScope::One,
                                    "close its circuit breaker and reset its backoff",
                                    "breaker closed, backoff forgotten"};
};
HEALER_DESCRIBE(OperatorReset, workload);

/// `healer pause NAME`: healer goes on checking, but executes no remedy. An empty workload: all workloads.
struct OperatorPause {
  std::string workload;
  std::optional<Duration> length;  ///< empty: until resumed

  static constexpr CommandForm form{"pause", CommandScope::OneOrAll, "watch, but do nothing",
                                    "paused until resumed", "paused for"};
};
HEALER_DESCRIBE(OperatorPause, workload, length);

/// `healer resume NAME`. An empty workload: ends the pause of all, but not the pauses of single workloads.
struct OperatorResume {
  std::string workload;

  static constexpr CommandForm form{"resume", CommandScope::OneOrAll, "the end of a pause", "resumed"};
};
HEALER_DESCRIBE(OperatorResume, workload);

/// `healer heal NAME`: the first step of the ladder now, also if the workload is healthy. healer still does
/// not touch a container that an operator stopped or paused, or that is not opted in.
struct OperatorHeal {
  std::string workload;

  static constexpr CommandForm form{"heal", CommandScope::One, "execute the first remedy now, healthy or not",
                                    "the first remedy is under way; `healer explain` shows the result"};
};
HEALER_DESCRIBE(OperatorHeal, workload);

/// `healer ack NAME`: an operator acknowledges the open incident: no more reminders, no escalation.
struct OperatorAck {
  std::string workload;
  std::string by;  ///< name of the operator, for other operators; empty: not given

  static constexpr CommandForm form{"ack", CommandScope::One,
                                    "acknowledge its incident: no more reminders, no escalation",
                                    "acknowledged; no more reminders, no escalation"};
};
HEALER_DESCRIBE(OperatorAck, workload, by);

/// Every command of operators: a struct of this list is an event, a route, and a command of the program.
using OperatorCommand = std::variant<OperatorPause, OperatorResume, OperatorHeal, OperatorAck, OperatorReset>;

template <class T>
concept IsOperatorCommand = boost::mp11::mp_contains<OperatorCommand, T>::value;

/// What a command may say besides its name.
struct CommandArguments {
  std::string workload;            ///< key; empty: all
  std::optional<Duration> length;  ///< for the commands with a member `length`
  std::string by;                  ///< for the commands with a member `by`
};

/// One command of the list, for code that does not know its type.
struct CommandInfo {
  CommandForm form;
  bool takes_length = false;
  bool takes_operator = false;
  OperatorCommand (*make)(CommandArguments arguments) = nullptr;  ///< leaves out what it does not take
};

namespace detail {

template <class C>
concept TakesLength = requires(C command) {
  command.length;
};
template <class C>
concept TakesOperator = requires(C command) {
  command.by;
};

template <class C>
OperatorCommand make_command(CommandArguments arguments) {
  C command;
  command.workload = std::move(arguments.workload);
  if constexpr (TakesLength<C>) command.length = arguments.length;
  if constexpr (TakesOperator<C>) command.by = std::move(arguments.by);
  return command;
}

template <class... C>
constexpr std::array<CommandInfo, sizeof...(C)> infos_of(const std::variant<C...>*) {
  return {{{C::form, TakesLength<C>, TakesOperator<C>, make_command<C>}...}};
}

}  // namespace detail

inline constexpr auto operator_commands = detail::infos_of(static_cast<const OperatorCommand*>(nullptr));

/// The command of this name; nullptr: there is none.
constexpr const CommandInfo* find_command(std::string_view name) {
  for (const CommandInfo& each : operator_commands)
    if (each.form.name == name) return &each;
  return nullptr;
}

}  // namespace healer
