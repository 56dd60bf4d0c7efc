#include "engine/engine_log.h"

#include <llama.h>

#include <mutex>
#include <utility>

namespace inferometer::engine {
namespace {

constexpr std::size_t kMostBytes = 4096;

// All members protected by mutex.
struct KeptLog {
  std::mutex mutex;
  std::string text;
  bool last_was_kept = false;
};

KeptLog& TheLog() {
  static KeptLog log;
  return log;
}

void Keep(ggml_log_level level, const char* text, void*) {
  KeptLog& log = TheLog();
  const std::lock_guard lock(log.mutex);
  const bool continues = level == GGML_LOG_LEVEL_CONT;
  const bool keep = continues ? log.last_was_kept : level == GGML_LOG_LEVEL_ERROR || level == GGML_LOG_LEVEL_WARN;
  log.last_was_kept = keep;
  if (keep) log.text += text;
  if (log.text.size() > kMostBytes) log.text.erase(0, log.text.size() - kMostBytes);
}

}  // namespace

void CaptureEngineLog() {
  static std::once_flag once;
  std::call_once(once, [] {
    llama_log_set(Keep, nullptr);
    llama_backend_init();
  });
}

std::string TakeEngineLog() {
  KeptLog& log = TheLog();
  const std::lock_guard lock(log.mutex);
  return std::exchange(log.text, {});
}

}  // namespace inferometer::engine
