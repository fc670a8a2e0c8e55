# Compiler settings of all targets of the project, and the functions that create one library per
# folder of src/ and the test programs.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # All checkouts on this machine share compiled objects. Precompiled headers need the sloppiness (manual of ccache,
  # "Precompiled headers").
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE_PROGRAM})
endif()

add_library(healer_options INTERFACE)
target_compile_options(healer_options INTERFACE -Wall -Wextra -Werror)
target_include_directories(healer_options INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
target_compile_definitions(healer_options INTERFACE
  BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_SEPARATE_COMPILATION
  BOOST_BEAST_SEPARATE_COMPILATION
  DOCTEST_CONFIG_SUPER_FAST_ASSERTS)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Boost 1.81 and libstdc++ 12 cause false positives of these warnings at -O2.
  target_compile_options(healer_options INTERFACE
    -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-restrict)
endif()

if(HEALER_SANITIZE)
  target_compile_options(healer_options INTERFACE -fsanitize=${HEALER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(healer_options INTERFACE -fsanitize=${HEALER_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND HEALER_SANITIZE MATCHES "undefined")
    # clang 14 cannot assemble coroutines with this check ("difference across sections").
    target_compile_options(healer_options INTERFACE -fno-sanitize=function)
  endif()
  # Recycled coroutine frames hide use-after-free from the sanitizers.
  target_compile_definitions(healer_options INTERFACE BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING)
endif()

# healer_library(NAME DEPS... [FOLDERS FOLDER...]): makes the library of the current folder from all its .cpp files and
# those of its FOLDERS. Headers are included as "folder/file.hpp" from src/.
function(healer_library name)
  cmake_parse_arguments(PARSE_ARGV 1 healer "" "" "FOLDERS")
  set(ARGN ${healer_UNPARSED_ARGUMENTS})
  list(TRANSFORM healer_FOLDERS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  list(TRANSFORM healer_FOLDERS APPEND /*.cpp)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp ${healer_FOLDERS})
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC healer_options ${ARGN})
    healer_product(${name})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE healer_options ${ARGN})
  endif()
endfunction()

# healer_test(NAME LABEL DEPS...): makes one doctest program from all .cpp files of the current folder.
# ctest runs it under LABEL; the target tests_LABEL builds it.
function(healer_test name label)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(sources)
    add_executable(${name} ${sources})
    target_link_libraries(${name} PRIVATE healer_options ${ARGN})
    healer_test_code(${name})
    add_dependencies(tests_${label} ${name})
    add_test(NAME ${name} COMMAND ${name})
    # Property tests draw the same cases in every run, so that a failure comes from the change under test. For other
    # cases run the program by hand, or with another RC_PARAMS.
    set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT 600 ENVIRONMENT "RC_PARAMS=seed=20261122")
  endif()
endfunction()
