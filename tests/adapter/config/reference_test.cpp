#include "config/reference.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "config/setting.hpp"

namespace healer {
namespace {

TEST_CASE("docs/configuration.md is the text made from the settings table") {
  std::ifstream file(HEALER_CONFIGURATION_PAGE);
  REQUIRE_MESSAGE(file, "missing; write it by: healer config-reference > docs/configuration.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  CHECK_MESSAGE(page == configuration_reference(),
                "out of date; write it by: healer config-reference > docs/configuration.md");
}

TEST_CASE("the reference names every setting") {
  const std::string page = configuration_reference();
  for (const SettingInfo* info : all_settings()) {
    CAPTURE(std::string(info->key));
    for (const std::string_view name :
         std::initializer_list<std::string_view>{info->key, info->env, info->label, info->flag})
      if (!name.empty()) CHECK(page.find("`" + std::string(name) + "`") != std::string::npos);
  }
}

}  // namespace
}  // namespace healer
