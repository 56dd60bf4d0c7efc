#pragma once
// DuckDB's C interface, loaded when it is first wanted: what never asks a lake (a device, above all) neither pays for
// the library's 70 MB nor needs it. Internal: DuckDB's types appear in src/lake/*.cc and nowhere above.

#include <duckdb.h>

#include "inferometer/status.h"

namespace inferometer::lake {

// The functions in use, without their prefix. One list, from which the members and their loading are made.
// (clang-format would move these lines at every run.)
// clang-format off
#define INFEROMETER_DUCKDB_FUNCTIONS(X) \
  X(append_data_chunk) X(appender_close) X(appender_create) X(appender_destroy) X(appender_error) X(appender_flush) \
  X(close) X(column_count) X(column_logical_type) X(column_name) X(connect) X(create_config) X(create_data_chunk) \
  X(create_decimal_type) X(create_list_type) X(create_logical_type) X(data_chunk_get_column_count) \
  X(data_chunk_get_size) X(data_chunk_get_vector) X(data_chunk_reset) X(data_chunk_set_size) \
  X(decimal_internal_type) X(decimal_scale) X(destroy_config) X(destroy_data_chunk) X(destroy_extracted) \
  X(destroy_logical_type) X(destroy_prepare) X(destroy_result) X(disconnect) X(execute_prepared_streaming) \
  X(extract_statements) X(extract_statements_error) X(fetch_chunk) X(free) X(get_type_id) X(interrupt) \
  X(library_version) X(list_vector_get_child) X(list_vector_get_size) X(list_vector_reserve) \
  X(list_vector_set_size) X(open_ext) X(prepare) X(prepare_error) X(prepare_extracted_statement) \
  X(prepared_statement_type) X(query) X(query_progress) X(result_error) X(set_config) X(validity_row_is_valid) \
  X(validity_set_row_invalid) X(vector_assign_string_element_len) X(vector_ensure_validity_writable) \
  X(vector_get_data) X(vector_get_validity) X(vector_size)
// clang-format on

struct DuckDbApi {
#define INFEROMETER_DUCKDB_MEMBER(name) decltype(&::duckdb_##name) name = nullptr;
  INFEROMETER_DUCKDB_FUNCTIONS(INFEROMETER_DUCKDB_MEMBER)
#undef INFEROMETER_DUCKDB_MEMBER
};

// The library, beside the program or where the system has it; loaded once a process and never unloaded. kUnavailable
// when it is not there or is another release than the one this program knows. Safe from any thread.
[[nodiscard]] Result<const DuckDbApi*> LoadDuckDb();

}  // namespace inferometer::lake
