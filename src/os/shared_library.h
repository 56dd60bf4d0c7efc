#pragma once
// A library that is looked for at run time, for what a machine may not have (a driver's library).

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "inferometer/status.h"

namespace inferometer::os {

// Loaded until destruction: functions taken from it must not be called after that. Movable; the const calls are safe
// from any thread.
class SharedLibrary {
 public:
  // `name` as dlopen(3) takes it: a path where it holds a slash, else looked for where the system keeps libraries.
  // kNotFound where there is none (or no name); kUnavailable, with the loader's words, where one is there and cannot be
  // loaded.
  [[nodiscard]] static Result<SharedLibrary> Open(const std::string& name);
  // A function that is needed, and where it goes; both must outlive it. The caller vouches for the type.
  struct Wanted {
    template <typename Function>
    Wanted(const char* symbol, Function*& function)
        : name(symbol), take([&function](void* found) { function = reinterpret_cast<Function*>(found); }) {}
    const char* name;
    std::function<void(void*)> take;
  };
  // The same with all of these, and kUnavailable where one of them is not in it; failures end with `next_step`.
  [[nodiscard]] static Result<SharedLibrary> OpenWith(const std::string& name, std::span<const Wanted> functions,
                                                      std::string_view next_step);
  SharedLibrary(SharedLibrary&& other) noexcept;
  SharedLibrary& operator=(SharedLibrary&& other) noexcept;
  ~SharedLibrary();

  // Null where the library has no such symbol.
  [[nodiscard]] void* Symbol(const char* name) const;
  // Sets `function` to the library's function of that name, or to null. The caller vouches for the type.
  template <typename Function>
  void Find(const char* name, Function*& function) const {
    function = reinterpret_cast<Function*>(Symbol(name));
  }

 private:
  explicit SharedLibrary(void* handle) : handle_(handle) {}
  void* handle_ = nullptr;
};

}  // namespace inferometer::os
