#include "replay/digest.hpp"

#include <bit>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/secret.hpp"
#include "model/forms.hpp"

namespace healer::replay {
namespace {

/// FNV-1a over the bytes of every field. Texts and lists are added with their length, variants with their
/// index, so that different lists of effects never give the same bytes.
class Digest {
 public:
  template <class T>
  void add(const T& value) {
    if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
      number(static_cast<std::uint64_t>(value));
    } else if constexpr (std::is_same_v<T, double>) {
      number(std::bit_cast<std::uint64_t>(value));
    } else if constexpr (std::is_same_v<T, std::string>) {
      number(value.size());
      for (const char c : value) byte(static_cast<unsigned char>(c));
    } else if constexpr (std::is_same_v<T, Secret>) {
      number(value.empty() ? 0 : 1);
    } else if constexpr (NumberForm<T>) {
      number(static_cast<std::uint64_t>(number_of(value)));
    } else if constexpr (OptionalForm<T> || SharedForm<T>) {
      number(value ? 1 : 0);
      if (value) add(*value);
    } else if constexpr (VariantForm<T>) {
      number(value.index());
      std::visit([this](const auto& what) { this->add(what); }, value);
    } else if constexpr (Described<T>) {
      for_each_member(value, [this](std::string_view, const auto& member) { this->add(member); });
    } else {
      static_assert(ListForm<T>);
      number(value.size());
      for (const auto& each : value) add(each);
    }
  }

  std::uint64_t value() const { return hash_; }

 private:
  void byte(unsigned char c) { hash_ = (hash_ ^ c) * 1099511628211ULL; }
  void number(std::uint64_t n) {
    for (int i = 0; i < 8; ++i, n >>= 8) byte(static_cast<unsigned char>(n));
  }

  std::uint64_t hash_ = 14695981039346656037ULL;
};

}  // namespace

std::uint64_t digest(const Effects& effects) {
  Digest digest;
  digest.add(effects);
  return digest.value();
}

}  // namespace healer::replay
