# Headers that nearly every file includes, read once for all of them. A file still includes what it uses:
# HEALER_PCH=OFF builds without this and proves it.
#
# GCC accepts a precompiled header only with the very flags that made it, so there are two: product code,
# and tests, which add doctest and are optimised less.

option(HEALER_PCH "Precompile the headers that nearly every file includes" ON)

set(common_headers <algorithm> <array> <charconv> <chrono> <cmath> <cstdint> <deque> <functional> <limits> <map> <memory>
                   <optional> <set> <span> <string> <string_view> <tuple> <unordered_map> <utility> <variant> <vector>
                   <fmt/format.h> <tl/expected.hpp> <boost/json.hpp>)
set(test_headers ${common_headers} <atomic> <filesystem> <fstream> <mutex> <sstream> <thread> <doctest/doctest.h>)

# What a test costs is its compilation, not its instance.
set(HEALER_TEST_OPTIONS $<$<CONFIG:Release>:-O1>)

# precompile(NAME HEADERS...): the target whose header others reuse. Its one source is empty.
function(precompile name)
  add_library(${name} OBJECT ${CMAKE_SOURCE_DIR}/cmake/precompiled.cpp)
  target_link_libraries(${name} PRIVATE healer_options fmt::fmt Boost::headers)
  target_include_directories(${name} SYSTEM PRIVATE ${TL_EXPECTED_INCLUDE_DIR})
  target_precompile_headers(${name} PRIVATE ${ARGN})
endfunction()

if(HEALER_PCH)
  # ccache needs to see in the preprocessed text which header was taken; clang otherwise writes the time of
  # the build into its own.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(healer_options INTERFACE -fpch-preprocess)
  else()
    target_compile_options(healer_options INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
  precompile(healer_precompiled ${common_headers})
  if(HEALER_TESTS)
    precompile(healer_precompiled_tests ${test_headers})
    target_include_directories(healer_precompiled_tests SYSTEM PRIVATE ${DOCTEST_INCLUDE_DIR})
    target_compile_options(healer_precompiled_tests PRIVATE ${HEALER_TEST_OPTIONS})
  endif()
endif()

# healer_product(TARGET) and healer_test_code(TARGET): how product code and tests are compiled.
function(healer_product name)
  if(HEALER_PCH)
    target_precompile_headers(${name} REUSE_FROM healer_precompiled)
  endif()
endfunction()

function(healer_test_code name)
  target_compile_options(${name} PRIVATE ${HEALER_TEST_OPTIONS})
  if(HEALER_PCH)
    target_precompile_headers(${name} REUSE_FROM healer_precompiled_tests)
  endif()
endfunction()
