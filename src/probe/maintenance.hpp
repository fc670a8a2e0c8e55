#pragma once

#include <string_view>

namespace healer {

// How applications say in a failed answer that they are in maintenance: Nextcloud and ownCloud by
// X-Nextcloud-Maintenance-Mode: 1, others by X-Maintenance or X-Maintenance-Mode, or by a member of a JSON
// body. The words of a page are no such statement: stock error pages contain them.

/// Whether a header field of this name, in any case, can say so: maintenance, maintenance-mode, or a name
/// that ends in one of these after a hyphen.
bool names_maintenance(std::string_view field);

/// Whether the value of such a field says that the maintenance is on: 1, true, on, yes, enabled or active.
bool switches_on(std::string_view value);

/// Whether `body`, which may be cut anywhere, is a JSON object with a top-level member that says so:
/// maintenance, maintenance_mode or another spelling, with true, 1 or a text that switches on; or status,
/// state, mode, code or error with the text maintenance.
bool says_maintenance(std::string_view body);

}  // namespace healer
