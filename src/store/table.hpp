#pragma once

// Records as rows. The columns and every statement are made from the record's description
// (model/describe.hpp) and its table trait (store/tables.hpp): each member is a column with the member's
// name; each member of a nested struct is a column `<member>_<its member>`.
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "model/describe.hpp"
#include "store/column.hpp"
#include "store/sqlite.hpp"

namespace healer::store {

/// Specialised for each stored record R. `name`: of the table. `key`: a std::tuple of the members that
/// identify a row. `own` (optional): a column that is no member of the record. Without a key, rows are only
/// added.
template <class R>
struct Table;

struct OwnColumn {
  enum class Role { Key, Value };
  std::string_view name;
  std::string_view value;  ///< SQL
  Role role = Role::Value;
};

struct Column {
  std::string name;
  std::string_view type;  ///< "INTEGER" or "TEXT"
  bool nullable = false;
  bool key = false;
};

template <class R>
constexpr std::optional<OwnColumn> own_column() {
  if constexpr (requires { Table<R>::own; })
    return Table<R>::own;
  else
    return std::nullopt;
}

template <class Key, class Pointer>
constexpr bool same_member(Key key, Pointer pointer) {
  if constexpr (std::is_same_v<Key, Pointer>)
    return key == pointer;
  else
    return false;
}

template <class R, class Pointer>
constexpr bool in_key(Pointer pointer) {
  return std::apply([pointer](auto... key) { return (same_member(key, pointer) || ...); }, Table<R>::key);
}

template <class R, class Part>
void add_columns(const std::string& prefix, std::vector<Column>& to) {
  for_each_member_of<Part>([&](auto member) {
    using Member = decltype(member);
    using Type = typename Member::Type;
    const std::string name = prefix + std::string(Member::name);
    if constexpr (Described<Type>) {
      add_columns<R, Type>(name + "_", to);
    } else {
      bool key = false;
      if constexpr (std::is_same_v<R, Part>) key = in_key<R>(Member::pointer);
      to.push_back({name, column_type<Type>(), OptionalForm<Type>, key});
    }
  });
}

/// The columns of the record, in the order of for_each_field.
template <Described R>
const std::vector<Column>& columns_of() {
  static const std::vector<Column> columns = [] {
    std::vector<Column> made;
    add_columns<R, R>("", made);
    return made;
  }();
  return columns;
}

/// Calls function(field) for the value of each column until a call returns false.
template <class R, class F>
bool for_each_field(R& record, F&& function) {
  return all_members_of<std::remove_const_t<R>>([&](auto member) {
    auto& value = record.*member.pointer;
    if constexpr (Described<typename decltype(member)::Type>)
      return for_each_field(value, function);
    else
      return function(value);
  });
}

// ---- statements

inline std::string in_quotes(std::string_view name) {
  return '"' + std::string(name) + '"';
}

template <class R>
std::string column_list() {
  std::string list;
  for (const Column& column : columns_of<R>()) list += (list.empty() ? "" : ",") + in_quotes(column.name);
  return list;
}

template <class R>
std::string select_sql(const std::string& rest) {
  return "SELECT " + column_list<R>() + " FROM " + in_quotes(Table<R>::name) + " " + rest;
}

template <class R>
std::string insert_sql() {
  std::string names = column_list<R>();
  std::string marks;
  for (std::size_t i = 0; i < columns_of<R>().size(); ++i) marks += i == 0 ? "?" : ",?";
  constexpr auto own = own_column<R>();
  if (own) {
    names += "," + in_quotes(own->name);
    marks += "," + std::string(own->value);
  }
  return "INSERT INTO " + in_quotes(Table<R>::name) + " (" + names + ") VALUES (" + marks + ")";
}

/// Whether a record with the same key replaces the row.
template <class R>
constexpr bool has_key() {
  constexpr auto own = own_column<R>();
  return std::tuple_size_v<decltype(Table<R>::key)> > 0 || (own && own->role == OwnColumn::Role::Key);
}

/// Inserts the record; a record with a key replaces the row with that key.
template <class R>
std::string write_sql() {
  if constexpr (!has_key<R>()) return insert_sql<R>();
  std::string changes;
  const auto change = [&](std::string_view name) {
    changes += (changes.empty() ? "" : ",") + in_quotes(name) + "=excluded." + in_quotes(name);
  };
  for (const Column& column : columns_of<R>())
    if (!column.key) change(column.name);
  constexpr auto own = own_column<R>();
  if (own && own->role == OwnColumn::Role::Value) change(own->name);
  return insert_sql<R>() + " ON CONFLICT DO UPDATE SET " + changes;
}

// ---- values

inline std::string place_of(std::string_view table) {
  return "table " + std::string(table);
}
template <class R>
std::string place_of(int index) {
  return place_of(Table<R>::name) + ", column " + columns_of<R>()[static_cast<std::size_t>(index)].name;
}

inline SqlResult<void> expect_count(const char* what, int given, int wanted) {
  if (given == wanted) return {};
  return tl::unexpected(SqlError{
      SqlError::range, std::to_string(given) + " " + what + " instead of " + std::to_string(wanted)});
}

inline SqlResult<void> execute(Statement& statement) {
  auto stepped = statement.step();
  statement.reset();
  if (!stepped) return tl::unexpected(std::move(stepped.error()));
  return {};
}

/// Binds all parameters of a statement; too few or too many values are an error.
template <class... Values>
SqlResult<void> bind_all(Statement& statement, const Values&... values) {
  auto done = expect_count("values to bind", sizeof...(values), statement.parameters());
  int index = 0;
  const auto bind = [&](const auto& value) {
    if (done) done = put(statement, index++, value);
  };
  (bind(values), ...);
  return done;
}

template <class R>
SqlResult<void> write_row(Statement& statement, const R& record) {
  const std::string_view table = Table<R>::name;
  auto done =
      expect_count("columns to write", static_cast<int>(columns_of<R>().size()), statement.parameters());
  if (!done) return tl::unexpected(std::move(done.error()).at(place_of(table)));
  int index = 0;
  for_each_field(record, [&](const auto& field) {
    done = put(statement, index, field);
    if (done) ++index;
    return done.has_value();
  });
  if (!done) return tl::unexpected(std::move(done.error()).at(place_of<R>(index)));
  done = execute(statement);
  if (!done) return tl::unexpected(std::move(done.error()).at(place_of(table)));
  return done;
}

/// Invalid rows: left out and reported.
struct RowDamage {
  std::size_t rows = 0;
  std::string first;  ///< what is wrong with the first invalid row
};

/// Reads the columns of the current row. Returns the index of the first column that holds no value of its
/// type, or the number of columns.
template <class R>
SqlResult<int> read_row(const Statement& statement, R& record) {
  SqlResult<int> index = 0;
  for_each_field(record, [&](auto& field) {
    auto taken = take(statement, *index, field);
    const bool fits = taken && *taken;
    if (!taken && !taken.error().mismatch())
      index = tl::unexpected(
          std::move(taken.error()).at("column " + columns_of<R>()[static_cast<std::size_t>(*index)].name));
    if (fits) ++*index;
    return fits;
  });
  return index;
}

/// Reads the rows of a bound statement, then resets the statement.
template <class R>
SqlResult<void> read_rows(Statement& statement, std::vector<R>& into, RowDamage& damage) {
  const int count = static_cast<int>(columns_of<R>().size());
  auto done = expect_count("columns to read", count, statement.columns());
  while (done) {
    auto there = statement.step();
    if (there && !*there) break;
    R record;
    auto read = there ? read_row(statement, record) : tl::unexpected(std::move(there.error()));
    if (!read) {
      done = tl::unexpected(std::move(read.error()));
    } else if (*read == count) {
      into.push_back(std::move(record));
    } else if (++damage.rows == 1) {
      damage.first = place_of<R>(*read) + " holds \"" + statement.text(*read).value_or("NULL").substr(0, 60) +
                     "\" in row " + statement.text(0).value_or("NULL");
    }
  }
  statement.reset();
  if (!done) return tl::unexpected(std::move(done.error()).at(place_of(Table<R>::name)));
  return done;
}

}  // namespace healer::store
