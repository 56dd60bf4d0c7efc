#include "engine/runtime.h"

#include <algorithm>

namespace inferometer::engine {

bool Runtime::OpenContext(int context_tokens, int threads, int batch_tokens) {
  llama_context_params params = llama_context_default_params();
  params.n_ctx = static_cast<std::uint32_t>(context_tokens);
  params.n_batch = static_cast<std::uint32_t>(std::min(context_tokens, batch_tokens));
  params.n_threads = threads;
  params.n_threads_batch = threads;
  context.reset(llama_init_from_model(model.get(), params));
  if (context == nullptr) return false;
  ggml_threadpool_params pool_params = ggml_threadpool_params_default(threads);
  pool.reset(ggml_threadpool_new(&pool_params));
  if (pool == nullptr) return false;
  llama_attach_threadpool(context.get(), pool.get(), nullptr);
  ggml_threadpool_pause(pool.get());
  return true;
}

void Runtime::Rest() {
  llama_memory_clear(llama_get_memory(context.get()), false);
  ggml_threadpool_pause(pool.get());
}

}  // namespace inferometer::engine
