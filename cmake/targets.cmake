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
  inferometer_precompile(${target})
  if(INFEROMETER_TESTS AND ARG_TESTS)
    add_executable(${folder}_test ${ARG_TESTS})
    target_link_libraries(${folder}_test PRIVATE inferometer_options ${target} GTest::gmock GTest::gtest_main)
    inferometer_depend(${folder}_test PRIVATE ${ARG_TEST_DEPENDS})
    inferometer_precompile(${folder}_test <gtest/gtest.h>)
    target_compile_definitions(${folder}_test PRIVATE INFEROMETER_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    gtest_discover_tests(${folder}_test TEST_PREFIX "${folder}." PROPERTIES TIMEOUT 120 DISCOVERY_TIMEOUT 60)
  endif()
endfunction()

# Parsing these is most of what compiling a small file takes. Only under sanitizers, which nobody develops with: the other presets
# find an include that is missing.
function(inferometer_precompile target)
  if(INFEROMETER_SANITIZE)
    target_precompile_headers(${target} PRIVATE <fmt/format.h> <chrono> <filesystem> <fstream> <functional> <memory> <optional> <span>
      <string> <string_view> <thread> <variant> <vector> ${ARGN})
  endif()
endfunction()

function(inferometer_depend target scope)
  foreach(dependency IN LISTS ARGN)
    if(dependency MATCHES "^[a-z]+$")
      target_link_libraries(${target} ${scope} inferometer_${dependency})
    else()
      target_link_libraries(${target} ${scope} ${dependency})
    endif()
  endforeach()
endfunction()
