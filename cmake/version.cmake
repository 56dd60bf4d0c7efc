# generated/version_numbers.h, made anew when HEAD moves.

# What `git archive` wrote in the place of the commit's time and name; as it stands here in a working tree.
file(STRINGS ${CMAKE_SOURCE_DIR}/cmake/archived_commit.txt archived LIMIT_COUNT 1)
# No build is older: for sources of which nothing tells their age. In seconds since 1970, 2026-11-29.
set(INFEROMETER_BUILD_TIME 1795910400)
set(INFEROMETER_COMMIT "unknown")
if(archived MATCHES "^([0-9]+) ([0-9a-f]+)$")
  set(INFEROMETER_BUILD_TIME ${CMAKE_MATCH_1})
  set(INFEROMETER_COMMIT ${CMAKE_MATCH_2})
endif()
find_package(Git QUIET)
if(GIT_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} -C ${CMAKE_SOURCE_DIR} log -1 --abbrev=10 "--format=%ct %h" HEAD
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed AND commit MATCHES "^([0-9]+) ([0-9a-f]+)$")
    set(INFEROMETER_BUILD_TIME ${CMAKE_MATCH_1})
    set(INFEROMETER_COMMIT ${CMAKE_MATCH_2})
  endif()
  if(EXISTS ${CMAKE_SOURCE_DIR}/.git/logs/HEAD)
    set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/.git/logs/HEAD)
  endif()
endif()
# https://reproducible-builds.org/specs/source-date-epoch/
if("$ENV{SOURCE_DATE_EPOCH}" MATCHES "^[0-9]+$")
  set(INFEROMETER_BUILD_TIME $ENV{SOURCE_DATE_EPOCH})
endif()
configure_file(${CMAKE_SOURCE_DIR}/cmake/version_numbers.h.in ${CMAKE_BINARY_DIR}/generated/version_numbers.h @ONLY)
