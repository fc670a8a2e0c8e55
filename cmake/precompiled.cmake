# Precompiled headers: the headers that nearly every file includes. Each file must still include the headers it uses; a
# build with HEALER_PCH=OFF checks that.
#
# GCC accepts a precompiled header only with the same flags that made it. So tests, which include doctest and are optimised
# less, have their own. The model's headers take three seconds of each file that includes them, which is most files: they
# are precompiled too, but not for the libraries below the model, which need not be built again when the model changes.

option(HEALER_PCH "Precompile the headers that nearly every file includes" ON)

set(common_headers <algorithm> <array> <charconv> <chrono> <cmath> <cstdint> <deque> <functional> <limits> <map> <memory>
                   <optional> <set> <span> <string> <string_view> <tuple> <unordered_map> <utility> <variant> <vector>
                   <fmt/format.h> <tl/expected.hpp> <boost/json.hpp>)
# In angle brackets: without the checkout's path, so that ccache finds what another checkout compiled.
set(model_headers <model/effect.hpp> <model/event.hpp> <model/history.hpp> <model/status.hpp>)
set(below_the_model healer_base healer_json healer_net healer_hook)
set(test_headers ${common_headers} <atomic> <filesystem> <fstream> <mutex> <sstream> <thread> <doctest/doctest.h> ${model_headers})

# Compiling a test takes longer than running it, so tests are optimised less.
set(HEALER_TEST_OPTIONS $<$<CONFIG:Release>:-O1>)

# precompile(NAME HEADERS...): makes a target whose precompiled header other targets reuse. Its one source is empty.
function(precompile name)
  add_library(${name} OBJECT ${CMAKE_SOURCE_DIR}/cmake/precompiled.cpp)
  target_link_libraries(${name} PRIVATE healer_options fmt::fmt Boost::headers)
  target_include_directories(${name} SYSTEM PRIVATE ${TL_EXPECTED_INCLUDE_DIR})
  target_precompile_headers(${name} PRIVATE ${ARGN})
endfunction()

if(HEALER_PCH)
  # With GCC the preprocessed text must name the precompiled header, so that ccache notices another one. clang must not
  # write the build time into the header, or ccache never finds a match.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(healer_options INTERFACE -fpch-preprocess)
  else()
    target_compile_options(healer_options INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
  precompile(healer_precompiled ${common_headers})
  precompile(healer_precompiled_model ${common_headers} ${model_headers})
  if(HEALER_TESTS)
    precompile(healer_precompiled_tests ${test_headers})
    target_include_directories(healer_precompiled_tests SYSTEM PRIVATE ${DOCTEST_INCLUDE_DIR})
    target_compile_options(healer_precompiled_tests PRIVATE ${HEALER_TEST_OPTIONS})
  endif()
endif()

# healer_product(TARGET) and healer_test_code(TARGET): set how product code and tests are compiled.
function(healer_product name)
  if(HEALER_PCH AND name IN_LIST below_the_model)
    target_precompile_headers(${name} REUSE_FROM healer_precompiled)
  elseif(HEALER_PCH)
    target_precompile_headers(${name} REUSE_FROM healer_precompiled_model)
  endif()
endfunction()

function(healer_test_code name)
  target_compile_options(${name} PRIVATE ${HEALER_TEST_OPTIONS})
  if(HEALER_PCH)
    target_precompile_headers(${name} REUSE_FROM healer_precompiled_tests)
  endif()
endfunction()
