#include "support/show.hpp"

#include <string_view>
#include <type_traits>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "model/forms.hpp"
#include "model/same.hpp"

namespace healer::testing {
namespace {

/// "apply_remedy attempt=3 workload=shop/web/1 step=restart", made from the descriptions: members with their
/// default are left out; of shared values (policies, targets) only their presence is shown.
class Line {
 public:
  template <class T>
  void add(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      text_ += value ? "yes" : "no";
    } else if constexpr (std::is_same_v<T, std::string>) {
      text_ += value;
    } else if constexpr (DurationForm<T>) {
      text_ += format_duration(std::chrono::duration_cast<Duration>(value));
    } else if constexpr (NumberForm<T>) {
      text_ += fmt::to_string(number_of(value));
    } else if constexpr (std::is_arithmetic_v<T>) {
      text_ += fmt::to_string(value);
    } else if constexpr (requires { to_string(value); }) {
      text_ += to_string(value);
    } else if constexpr (SharedForm<T>) {
      text_ += value ? "..." : "none";
    } else if constexpr (OptionalForm<T>) {
      if (value)
        add(*value);
      else
        text_ += "none";
    } else if constexpr (VariantForm<T>) {
      text_ += tag_of(value);
      std::visit([this](const auto& what) { this->members(what, ' '); }, value);
    } else if constexpr (Described<T>) {
      text_ += '{';
      members(value, '\0');
      text_ += '}';
    } else if constexpr (PairForm<T>) {
      add(value.first);
      text_ += ": ";
      add(value.second);
    } else {
      static_assert(ListForm<T> || MapForm<T>);
      text_ += '[';
      std::string_view between;
      for (const auto& each : value) {
        text_ += std::exchange(between, ", ");
        add(each);
      }
      text_ += ']';
    }
  }

  std::string text() && { return std::move(text_); }

 private:
  /// `before` precedes the first member, a space each further one.
  template <class T>
  void members(const T& value, char before) {
    [[maybe_unused]] static const T defaults{};  // g++ 12 does not see the use below
    for_each_member_of<T>([&](auto member) {
      if (same(value.*member.pointer, defaults.*member.pointer)) return;
      if (before != '\0') text_ += before;
      before = ' ';
      text_ += member.name;
      text_ += '=';
      add(value.*member.pointer);
    });
  }

  std::string text_;
};

}  // namespace

std::string show(const Event& event) {
  Line line;
  line.add(event);
  return std::move(line).text();
}

std::string show(const Effect& effect) {
  Line line;
  line.add(effect);
  return std::move(line).text();
}

}  // namespace healer::testing
