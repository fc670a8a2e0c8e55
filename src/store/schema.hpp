#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "store/sqlite.hpp"

namespace healer::store {

/// The SQL of one step: the first makes an empty file one of first_version, each other leads a file one
/// version forward.
using Migration = std::string;

/// Versions 1 to 9 were never released: such a file is not read.
constexpr std::int64_t first_version = 10;

/// Every step ever released. Steps are appended, never edited: every file since first_version is led forward.
std::span<const Migration> migrations();

/// The version that the last of the steps leads to.
std::int64_t newest_version(std::span<const Migration> steps);

/// Marks a file as healer's (PRAGMA application_id, "heal").
constexpr std::int64_t application_id = 0x6865616C;

/// Leads the database from its user_version to the newest; each step is one transaction, so that a kill
/// in between leaves a whole version behind. A version that no step leads from is an error.
SqlResult<void> migrate(Database& database, std::span<const Migration> steps);

}  // namespace healer::store
