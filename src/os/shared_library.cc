#include "os/shared_library.h"

#include <dlfcn.h>

#include <string_view>
#include <utility>

namespace inferometer::os {
namespace {

// glibc and musl have one code for all failures. This text, of the library itself and not of one that it needs, is
// what tells "not there" from "broken".
bool IsMissing(std::string_view name, std::string_view why) {
  return why.starts_with(name) && why.find("No such file or directory") != std::string_view::npos;
}

}  // namespace

Result<SharedLibrary> SharedLibrary::Open(const std::string& name) {
  if (name.empty()) return {Code::kNotFound, "no library is named"};  // dlopen("") is this program itself
  void* const handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle != nullptr) return SharedLibrary(handle);
  const char* const error = ::dlerror();  // of this thread
  const std::string why = error == nullptr ? name + ": cannot be loaded" : error;
  return {IsMissing(name, why) ? Code::kNotFound : Code::kUnavailable, why};
}

Result<SharedLibrary> SharedLibrary::OpenWith(const std::string& name, std::span<const Wanted> functions,
                                              std::string_view next_step) {
  const auto failed = [&](Code code, const std::string& why) {
    return Status(code, why + "; " + std::string(next_step));
  };
  auto library = Open(name);
  if (!library.ok()) return failed(library.status().code(), library.status().message());
  for (const Wanted& wanted : functions) {
    void* const found = library->Symbol(wanted.name);
    if (found == nullptr) return failed(Code::kUnavailable, name + " has no " + wanted.name);
    wanted.take(found);
  }
  return library;
}

SharedLibrary::SharedLibrary(SharedLibrary&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
SharedLibrary& SharedLibrary::operator=(SharedLibrary&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}
SharedLibrary::~SharedLibrary() {
  if (handle_ != nullptr) ::dlclose(handle_);
}

void* SharedLibrary::Symbol(const char* name) const { return ::dlsym(handle_, name); }

}  // namespace inferometer::os
