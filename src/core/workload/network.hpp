#pragma once

#include <string>

#include "core/workload/view.hpp"

namespace healer {

/// The container whose network this workload shares (NetworkKind::Shared): its network parent. When the
/// parent is restarted, the children keep a network that no longer exists; when the parent is replaced, the
/// children's configuration names a removed container. HEALING.md 5.
///
///   network        | facts                                            | what follows
///   ---------------+--------------------------------------------------+--------------------------------------
///   Own            | the workload shares no network                   |
///   Unknown        | the parent was not inspected yet                 |
///   Fine           | the parent is ready, and did not start after the |
///                  | workload                                         |
///   ParentNotReady | the parent runs, but is not ready                | hold, at most dependency_hold
///   ParentDown     | the parent does not run, or another container    | hold: a start could not join its
///                  | runs under its name before it is removed         | network
///   Restarted      | the parent runs, and started after the workload  | restart once the parent is ready
///   Replaced       | the parent was removed, and a new container has  | recreate, with the new container's
///                  | its name                                         | network, once that one is ready
///   Gone           | the parent was removed                           | hold
///
/// Restarted and Replaced count after the workload's start period. They need a remedy even if all checks
/// pass, so the remedy waits for no verdict. It waits for 10 s: a deployment that replaced the parent may
/// replace the children, too. An engine that cannot do the remedy does its default remedy.
enum class SharedNetworkState { Own, Unknown, Fine, ParentNotReady, ParentDown, Restarted, Replaced, Gone };

SharedNetworkState network_of(const View& view);
/// The parent's present container; null: none is known.
const Container* present_parent(const View& view);
/// Empty: not known.
std::string parent_name(const View& view);
/// Why nothing can join the parent's network now.
NotReady parent_not_ready(const View& view);

}  // namespace healer
