#pragma once
// How every call of this project reports failure: a Status, or a Result<T> that holds a value or a Status.
// No exception crosses a folder's border.

#include <cassert>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace inferometer {

enum class Code {
  kOk,
  kInvalidArgument,     // the caller's input is wrong: an option, a message, a file's content
  kNotFound,            // no such file, device or model
  kPermissionDenied,    // it exists and may not be read or written by this user
  kDataLoss,            // stored bytes are damaged: truncated, garbled, inconsistent
  kResourceExhausted,   // a bound was reached: disk, memory, queue, context length
  kUnavailable,         // not now; the same call may succeed later
  kFailedPrecondition,  // not in this state: locked by another, already closed
  kCancelled,           // somebody asked for the stop
  kInternal,            // a defect of ours or of a library
};

// A success, or a code with a sentence that names what failed and what to do next. Copyable; not shared between threads
// without a lock.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  [[nodiscard]] bool ok() const { return code_ == Code::kOk; }
  [[nodiscard]] Code code() const { return code_; }
  [[nodiscard]] const std::string& message() const { return message_; }

  // Where in the input the trouble stands, when the failure is about input: bytes from its beginning.
  [[nodiscard]] std::optional<std::size_t> offset_bytes() const { return offset_bytes_; }
  [[nodiscard]] Status At(std::size_t offset_bytes) && {
    offset_bytes_ = offset_bytes;
    return std::move(*this);
  }

  // Says at the call that the failure is dropped on purpose; the reason stands in the argument and can be searched for.
  void IgnoreBecause(std::string_view /*reason*/) const {}

 private:
  Code code_ = Code::kOk;
  std::string message_;
  std::optional<std::size_t> offset_bytes_;
};

inline Status Ok() { return {}; }

// Holds a T, or the Status that explains its absence (never an ok Status).
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}  // implicit, so that `return value;` works
  Result(Status status) : state_(std::move(status)) { assert(!std::get<Status>(state_).ok()); }
  Result(Code code, std::string message) : state_(Status(code, std::move(message))) {}

  [[nodiscard]] bool ok() const { return std::holds_alternative<T>(state_); }
  // Lives as long as this Result.
  [[nodiscard]] const Status& status() const {
    static const Status kSuccess;
    return ok() ? kSuccess : std::get<Status>(state_);
  }

  // REQUIRES: ok()
  T& value() & { return std::get<T>(state_); }
  const T& value() const& { return std::get<T>(state_); }
  T&& value() && { return std::get<T>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, Status> state_;
};

}  // namespace inferometer

#define INFEROMETER_JOIN_(a, b) a##b
#define INFEROMETER_JOIN(a, b) INFEROMETER_JOIN_(a, b)

#define RETURN_IF_ERROR(expression)                                                  \
  do {                                                                               \
    if (::inferometer::Status status_ = (expression); !status_.ok()) return status_; \
  } while (false)

#define ASSIGN_OR_RETURN(declaration, expression) \
  ASSIGN_OR_RETURN_(INFEROMETER_JOIN(result_, __LINE__), declaration, expression)
#define ASSIGN_OR_RETURN_(result, declaration, expression) \
  auto result = (expression);                              \
  if (!result.ok()) return result.status();                \
  declaration = std::move(result).value()
