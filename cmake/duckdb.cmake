# The target `inferometer_duckdb`: DuckDB's header, for a library that is loaded at run time (src/lake/duckdb_api.h). Where programs
# find it: beside themselves, in third_party/, then where the system looks.
find_path(DUCKDB_INCLUDE_DIR duckdb.h PATHS ${CMAKE_SOURCE_DIR}/third_party/duckdb NO_DEFAULT_PATH)
if(NOT DUCKDB_INCLUDE_DIR)
  message(FATAL_ERROR "third_party/duckdb is missing: run tools/setup first")
endif()
add_library(inferometer_duckdb INTERFACE)
target_include_directories(inferometer_duckdb SYSTEM INTERFACE ${DUCKDB_INCLUDE_DIR})
list(APPEND CMAKE_BUILD_RPATH "$ORIGIN" ${CMAKE_SOURCE_DIR}/third_party/duckdb)
list(APPEND CMAKE_INSTALL_RPATH "$ORIGIN" "$ORIGIN/../lib")
