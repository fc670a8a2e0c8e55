# All libraries come from the distribution's packages (scripts/packages.txt).

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(CURL REQUIRED)
find_path(NGHTTP2_INCLUDE_DIR nghttp2/nghttp2.h REQUIRED)
find_library(NGHTTP2_LIBRARY nghttp2 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_path(TL_EXPECTED_INCLUDE_DIR tl/expected.hpp REQUIRED)
if(HEALER_TESTS)
  find_path(DOCTEST_INCLUDE_DIR doctest/doctest.h REQUIRED)
  find_library(RAPIDCHECK_LIBRARY rapidcheck)
  find_library(MIMALLOC_LIBRARY mimalloc REQUIRED)
endif()

# The sources of Boost.JSON, Asio and Beast are headers in the package. Each is compiled once here
# (BOOST_ASIO_SEPARATE_COMPILATION), which halves the compile time of every other file.
add_library(healer_json STATIC ${CMAKE_SOURCE_DIR}/cmake/boost_json.cpp)
target_link_libraries(healer_json PUBLIC healer_options Boost::headers)

add_library(healer_asio STATIC ${CMAKE_SOURCE_DIR}/cmake/boost_asio.cpp)
target_link_libraries(healer_asio PUBLIC healer_options Boost::headers OpenSSL::SSL Threads::Threads)

# Debian has no CMake package of the time zone library.
find_path(CCTZ_INCLUDE_DIR cctz/time_zone.h REQUIRED)
find_library(CCTZ_LIBRARY cctz REQUIRED)
