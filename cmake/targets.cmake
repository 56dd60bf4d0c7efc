# inferometer_folder(store SOURCES a.cc b.cc TESTS a_test.cc DEPENDS record os fmt::fmt)
#
# One library per folder of src/, called inferometer_<folder>, and one test program, <folder>_test, that ctest runs. A dependency
# without "::" or "_" in it is another folder. tools/check-layers holds the includes against the ladder.
function(inferometer_folder folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;TESTS;DEPENDS;TEST_DEPENDS" ${ARGN})
  set(target inferometer_${folder})
  add_library(${target} STATIC ${ARG_SOURCES})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${target} PRIVATE inferometer_options)
  inferometer_depend(${target} PUBLIC ${ARG_DEPENDS})
  inferometer_precompiled(${target} library)
  if(INFEROMETER_TESTS AND ARG_TESTS)
    add_executable(${folder}_test ${ARG_TESTS})
    target_link_libraries(${folder}_test PRIVATE inferometer_options ${target} GTest::gmock GTest::gtest_main)
    inferometer_depend(${folder}_test PRIVATE ${ARG_TEST_DEPENDS})
    target_compile_definitions(${folder}_test PRIVATE INFEROMETER_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    inferometer_precompiled(${folder}_test test)
    gtest_discover_tests(${folder}_test TEST_PREFIX "${folder}." PROPERTIES TIMEOUT 120 DISCOVERY_TIMEOUT 60)
  endif()
endfunction()

# Parsing these is most of what compiling a small file takes. Once for all libraries and once for all test programs, and only under
# sanitizers, which nobody develops with: the other presets find an include that is missing. Not CLI11's, whose constants would be
# compiled into every file.
function(inferometer_precompile_for kind)
  set(target inferometer_precompiled_${kind})
  add_library(${target} OBJECT ${CMAKE_SOURCE_DIR}/cmake/precompiled.cc)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(${target} PRIVATE inferometer_options fmt::fmt simdjson::simdjson)
  target_precompile_headers(${target} PRIVATE <fmt/format.h> <simdjson.h> <algorithm> <array> <atomic> <charconv> <chrono>
    <condition_variable> <deque> <filesystem> <fstream> <functional> <map> <memory> <mutex> <numeric> <optional> <random> <set> <span>
    <stop_token> <string> <string_view> <system_error> <thread> <unordered_map> <utility> <variant> <vector> ${ARGN})
endfunction()

function(inferometer_precompiled target kind)
  if(INFEROMETER_SANITIZE AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")  # GCC's need the same macros wherever they are used
    target_precompile_headers(${target} REUSE_FROM inferometer_precompiled_${kind})
  endif()
endfunction()

if(INFEROMETER_SANITIZE AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  inferometer_precompile_for(library)
  if(INFEROMETER_TESTS)
    inferometer_precompile_for(test <gmock/gmock.h> <gtest/gtest.h>)
    target_link_libraries(inferometer_precompiled_test PRIVATE GTest::gmock)
    # As in a program, not as in a library.
    set_target_properties(inferometer_precompiled_test PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(inferometer_precompiled_test PRIVATE -fPIE)
  endif()
endif()

function(inferometer_depend target scope)
  foreach(dependency IN LISTS ARGN)
    if(dependency MATCHES "^[a-z]+$")
      target_link_libraries(${target} ${scope} inferometer_${dependency})
    else()
      target_link_libraries(${target} ${scope} ${dependency})
    endif()
  endforeach()
endfunction()
