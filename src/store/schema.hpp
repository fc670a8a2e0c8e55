#pragma once

#include <span>
#include <string>

#include "store/sqlite.hpp"

namespace healer::store {

/// One step of the schema: the SQL that leads from version n to n + 1, n being its place in the list.
using Migration = std::string;

/// Every step ever released. Steps are appended, never edited: a file of any older version is led forward.
std::span<const Migration> migrations();

/// Marks a file as healer's (PRAGMA application_id, "heal").
constexpr std::int64_t application_id = 0x6865616C;

/// Leads the database from its user_version to the newest; each step is one transaction, so that a kill
/// in between leaves a whole version behind. Fails without touching the file when it is already newer.
SqlResult<void> migrate(Database& database, std::span<const Migration> steps);

}  // namespace healer::store
