#include "archive/tar_library.h"

namespace inferometer::archive {
namespace {

constexpr const char* kName = "libarchive.so.13";
constexpr const char* kNextStep = "a tar needs libarchive: install libarchive13 (apt-get install libarchive13)";

}  // namespace

const char* TarLibrary::FindAll() {
  const char* missing = nullptr;
  const auto find = [&](const char* name, auto& function) {
    library_.Find(name, function);
    if (function == nullptr) missing = name;
  };
  find("archive_entry_copy_pathname", entry_copy_pathname);
  find("archive_entry_copy_stat", entry_copy_stat);
  find("archive_entry_filetype", entry_filetype);
  find("archive_entry_free", entry_free);
  find("archive_entry_new", entry_new);
  find("archive_entry_pathname", entry_pathname);
  find("archive_entry_set_nlink", entry_set_nlink);
  find("archive_entry_set_size", entry_set_size);
  find("archive_error_string", error_string);
  find("archive_read_data", read_data);
  find("archive_read_free", read_free);
  find("archive_read_new", read_new);
  find("archive_read_next_header", read_next_header);
  find("archive_read_open_filename", read_open_filename);
  find("archive_read_support_filter_all", read_support_filter_all);
  find("archive_read_support_format_empty", read_support_format_empty);
  find("archive_read_support_format_tar", read_support_format_tar);
  find("archive_write_add_filter_gzip", write_add_filter_gzip);
  find("archive_write_add_filter_none", write_add_filter_none);
  find("archive_write_add_filter_zstd", write_add_filter_zstd);
  find("archive_write_close", write_close);
  find("archive_write_data", write_data);
  find("archive_write_finish_entry", write_finish_entry);
  find("archive_write_free", write_free);
  find("archive_write_header", write_header);
  find("archive_write_new", write_new);
  find("archive_write_open", write_open);
  find("archive_write_set_bytes_in_last_block", write_set_bytes_in_last_block);
  find("archive_write_set_format_gnutar", write_set_format_gnutar);
  return missing;
}

Result<std::unique_ptr<const TarLibrary>> TarLibrary::Load(const std::string& name) {
  auto opened = os::SharedLibrary::Open(name);
  if (!opened.ok()) return Status(opened.status().code(), opened.status().message() + "; " + kNextStep);
  std::unique_ptr<TarLibrary> library(new TarLibrary(std::move(*opened)));
  if (const char* missing = library->FindAll()) {
    return Status(Code::kUnavailable, name + " has no " + missing + "; " + kNextStep);
  }
  return std::unique_ptr<const TarLibrary>(std::move(library));
}

Result<const TarLibrary*> TarLibrary::Get() {
  static const auto kLoaded = Load(kName);
  if (!kLoaded.ok()) return kLoaded.status();
  return kLoaded.value().get();
}

}  // namespace inferometer::archive
