#pragma once
// libarchive, looked for at run time: linked to the program, it and the nine libraries that it needs would cost every
// start more than a millisecond, and few make backups. Internal: its types appear here and in the file that includes
// this.

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <optional>
#include <string>

#include "inferometer/status.h"
#include "os/shared_library.h"

namespace inferometer::archive {

// The functions under their names without archive_. Immutable; safe from any thread as far as libarchive is.
class TarLibrary {
 public:
  // kNotFound and kUnavailable say what to install.
  [[nodiscard]] static Result<std::unique_ptr<const TarLibrary>> Load(const std::string& name);
  // The system's, loaded at the first call and kept for the whole program.
  [[nodiscard]] static Result<const TarLibrary*> Get();

  decltype(&::archive_entry_copy_pathname) entry_copy_pathname = nullptr;
  decltype(&::archive_entry_copy_stat) entry_copy_stat = nullptr;
  decltype(&::archive_entry_filetype) entry_filetype = nullptr;
  decltype(&::archive_entry_free) entry_free = nullptr;
  decltype(&::archive_entry_new) entry_new = nullptr;
  decltype(&::archive_entry_pathname) entry_pathname = nullptr;
  decltype(&::archive_entry_set_nlink) entry_set_nlink = nullptr;
  decltype(&::archive_entry_set_size) entry_set_size = nullptr;
  decltype(&::archive_error_string) error_string = nullptr;
  decltype(&::archive_read_data) read_data = nullptr;
  decltype(&::archive_read_free) read_free = nullptr;
  decltype(&::archive_read_new) read_new = nullptr;
  decltype(&::archive_read_next_header) read_next_header = nullptr;
  decltype(&::archive_read_open_filename) read_open_filename = nullptr;
  decltype(&::archive_read_support_filter_all) read_support_filter_all = nullptr;
  decltype(&::archive_read_support_format_empty) read_support_format_empty = nullptr;
  decltype(&::archive_read_support_format_tar) read_support_format_tar = nullptr;
  decltype(&::archive_write_add_filter_gzip) write_add_filter_gzip = nullptr;
  decltype(&::archive_write_add_filter_none) write_add_filter_none = nullptr;
  decltype(&::archive_write_add_filter_zstd) write_add_filter_zstd = nullptr;
  decltype(&::archive_write_close) write_close = nullptr;
  decltype(&::archive_write_data) write_data = nullptr;
  decltype(&::archive_write_finish_entry) write_finish_entry = nullptr;
  decltype(&::archive_write_free) write_free = nullptr;
  decltype(&::archive_write_header) write_header = nullptr;
  decltype(&::archive_write_new) write_new = nullptr;
  decltype(&::archive_write_open) write_open = nullptr;
  decltype(&::archive_write_set_bytes_in_last_block) write_set_bytes_in_last_block = nullptr;
  decltype(&::archive_write_set_format_gnutar) write_set_format_gnutar = nullptr;

 private:
  TarLibrary() = default;

  std::optional<os::SharedLibrary> library_;
};

}  // namespace inferometer::archive
