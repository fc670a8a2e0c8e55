#!/usr/bin/env bash
# Proves that scripts/check_sizes.sh finds what is too large, and counts nothing else.
# usage: check_sizes_test.sh PATH/TO/check_sizes.sh
set -euo pipefail

check=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# wants TEXT|none <<< CODE: the check must print TEXT (none: nothing) for a tree with only that code.
wants() {
    local wanted=$1 said code=0
    rm -rf "$work/src"
    mkdir -p "$work/src/base"
    cat >"$work/src/base/a.hpp"
    said=$("$check" "$work/src") || code=$?
    if [ "$wanted" = none ]; then
        [ "$code" = 0 ] && [ -z "$said" ] && return
    else
        [ "$code" = 1 ] && [ "$said" = "base/a.hpp:$wanted" ] && return
    fi
    echo "FAILED: wanted '$wanted', exit code $code, printed: ${said:-nothing}" >&2
    failed=1
}

# times COUNT LINE: prints the line so often; % in it is the number.
times() {
    local i
    for ((i = 1; i <= $1; i++)); do echo "${2//%/$i}"; done
}

of_class() { printf 'namespace healer {\nclass Large final : public Base<int(char)> {\n public:\n%s\n};\n}\n' "$1"; }
of_struct() { printf 'struct Large {\n%s\n};\n' "$1"; }
of_function() { printf 'int large(int a) {\n%s\n}\n' "$1"; }

# methods
wants '2: Large has 41 methods, over 40' < <(of_class "$(times 41 '  void act%(int a = 1);')")
wants none < <(of_class "$(times 40 '  void act%(int a = 1);')")
wants '2: Large has 41 methods, over 40' < <(of_class "  Large(const Large&) = delete;
  explicit Large(int a) : a_{a}, b_(a) {
    if (a) act();
  }
  bool operator==(const Large&) const = default;
 private:
  template <class F>
  auto wrap(F function) const {
    return [function] { function(); };
  }
$(times 37 '  int get%() const { return a_; }')
  int a_ = 0;")
wants none < <(of_class "$(times 40 '  void act%();')
  // void described();
  /* void also(); */
  using Done = std::function<void(int)>;
  friend void other(int);
  std::function<void()> done_;
  std::map<int, std::function<bool(int)>> by_ = {};
  int of_ = value(3);
  enum class Kind { One, Two };
  struct Inner {
    void of_inner();
  };
  static_assert(sizeof(int) == 4);")

# public fields
wants '1: Large has 26 public fields, over 25' < <(of_struct "$(times 26 '  int field%{0};')")
wants '1: Large has 26 public fields, over 25' < <(of_struct "$(times 26 '  std::function<void(int)> field% = {};')")
wants none < <(of_struct "$(times 25 '  std::vector<std::pair<int, char>> field%;')
  struct Part {
    int a = 0;
    int b = 0;
  };
  static constexpr int most = 3;
  bool operator==(const Large&) const = default;
 private:
  int hidden = 0;")

# functions
wants '1: function large has 71 lines, over 70' < <(of_function "$(times 69 '  act(%);')")
wants none < <(of_function "$(times 68 '  act(%);')")
wants '2: function Large::act has 73 lines, over 70' < <(echo && echo 'template <class F>
bool Large<F>::act(F what) {' && times 70 '  if (what) { act(%); }  // }' && echo '}')
wants none < <(echo 'const char* text = R"(' && times 80 'int line(%) {' && echo ')";
const char quote = '"'{'"';
const char* brace = "{ \" {";
constexpr int table[] = {' && times 80 '    {%},' && echo '};')

[ "$failed" = 0 ] || exit 1
echo "check_sizes finds what is too large and nothing else"
