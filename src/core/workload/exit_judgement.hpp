#pragma once

#include <variant>

#include "core/workload/exit.hpp"
#include "core/workload/view.hpp"
#include "model/reason.hpp"

namespace healer {

/// healer's signal ended it, and the engine restarts it.
struct RestartsAfterSignal {};
/// It went down with the engine. Its restart policy restarts it, or healer does.
struct DownWithEngine {};
using ExitJudgement = std::variant<ExitKind, RestartsAfterSignal, DownWithEngine>;

/// Whose doing the workload's newest exit was, by the reports of the engine, the facts of the newest inspect,
/// healer's orders and what a former process knew. Only reads. HEALING.md 3.
ExitJudgement judge_exit(const View& view);

/// As reported; else as the newest inspect shows it.
int exit_code(const View& view);
reason::Exited exit_reason(ExitKind kind, const View& view);
/// The engine's restart policy starts the container again, or is about to.
bool engine_restarts_it(const View& view);

}  // namespace healer
