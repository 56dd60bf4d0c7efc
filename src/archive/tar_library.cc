#include "archive/tar_library.h"

#include <utility>

namespace inferometer::archive {
namespace {

constexpr const char* kName = "libarchive.so.13";
constexpr const char* kNextStep = "a tar needs libarchive: install libarchive13 (apt-get install libarchive13)";

}  // namespace

Result<std::unique_ptr<const TarLibrary>> TarLibrary::Load(const std::string& name) {
  std::unique_ptr<TarLibrary> library(new TarLibrary());
  const os::SharedLibrary::Wanted functions[] = {
      {"archive_entry_copy_pathname", library->entry_copy_pathname},
      {"archive_entry_copy_stat", library->entry_copy_stat},
      {"archive_entry_filetype", library->entry_filetype},
      {"archive_entry_free", library->entry_free},
      {"archive_entry_new", library->entry_new},
      {"archive_entry_pathname", library->entry_pathname},
      {"archive_entry_set_nlink", library->entry_set_nlink},
      {"archive_entry_set_size", library->entry_set_size},
      {"archive_error_string", library->error_string},
      {"archive_read_data", library->read_data},
      {"archive_read_free", library->read_free},
      {"archive_read_new", library->read_new},
      {"archive_read_next_header", library->read_next_header},
      {"archive_read_open_filename", library->read_open_filename},
      {"archive_read_support_filter_all", library->read_support_filter_all},
      {"archive_read_support_format_empty", library->read_support_format_empty},
      {"archive_read_support_format_tar", library->read_support_format_tar},
      {"archive_write_add_filter_gzip", library->write_add_filter_gzip},
      {"archive_write_add_filter_none", library->write_add_filter_none},
      {"archive_write_add_filter_zstd", library->write_add_filter_zstd},
      {"archive_write_close", library->write_close},
      {"archive_write_data", library->write_data},
      {"archive_write_finish_entry", library->write_finish_entry},
      {"archive_write_free", library->write_free},
      {"archive_write_header", library->write_header},
      {"archive_write_new", library->write_new},
      {"archive_write_open", library->write_open},
      {"archive_write_set_bytes_in_last_block", library->write_set_bytes_in_last_block},
      {"archive_write_set_format_gnutar", library->write_set_format_gnutar},
  };
  ASSIGN_OR_RETURN(library->library_, os::SharedLibrary::OpenWith(name, functions, kNextStep));
  return std::unique_ptr<const TarLibrary>(std::move(library));
}

Result<const TarLibrary*> TarLibrary::Get() {
  static const auto kLoaded = Load(kName);
  if (!kLoaded.ok()) return kLoaded.status();
  return kLoaded.value().get();
}

}  // namespace inferometer::archive
