#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "store/sqlite.hpp"

namespace healer::store {

/// The SQL of one migration step. The first step turns an empty file into first_version; each later step
/// raises the version by one.
using Migration = std::string;

/// Versions 1 to 12 were never released: such a file is not read.
constexpr std::int64_t first_version = 13;

/// Every step ever released. Steps are appended, never edited, so that every file since first_version can be
/// migrated.
std::span<const Migration> migrations();

/// The version after the last step.
std::int64_t newest_version(std::span<const Migration> steps);

/// Marks a file as healer's (PRAGMA application_id, "heal").
constexpr std::int64_t application_id = 0x6865616C;

/// Migrates the database from its user_version to the newest version. Each step is one transaction, so a kill
/// between steps leaves a complete version. A version without a step is an error.
SqlResult<void> migrate(Database& database, std::span<const Migration> steps);

}  // namespace healer::store
