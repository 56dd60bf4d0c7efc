#pragma once
// llama.cpp's objects with their owners. Internal to src/engine, to src/trial and to the engine
// benchmark; needs llama.h.

#include <ggml-cpu.h>
#include <llama.h>

#include <memory>

namespace inferometer::engine {

struct Deleter {
  void operator()(llama_model* model) const { llama_model_free(model); }
  void operator()(llama_context* context) const { llama_free(context); }
  void operator()(llama_sampler* sampler) const { llama_sampler_free(sampler); }
  void operator()(ggml_threadpool* pool) const { ggml_threadpool_free(pool); }
};

// A loaded model, ready to decode. Members are destroyed in reverse order: the context lets go of the pool before the
// pool ends.
struct Runtime {
  std::unique_ptr<llama_model, Deleter> model;
  std::unique_ptr<ggml_threadpool, Deleter> pool;
  std::unique_ptr<llama_context, Deleter> context;

  [[nodiscard]] const llama_vocab* vocab() const { return llama_model_get_vocab(model.get()); }

  // Makes the context and a pool of its own: without one, llama.cpp makes and joins its threads for every graph.
  // A prompt is evaluated in batches of `batch_tokens`, of which the engine computes 512 at once: larger ones only take
  // memory. False when memory does not suffice.
  bool OpenContext(int context_tokens, int threads, int batch_tokens = 512);
  // Forgets every token and lets the pool's threads sleep; they would poll, burning a core for a fifth of a second
  // after the last decode, which the next record would count as its own. The next decode wakes them by itself.
  void Rest();
};

}  // namespace inferometer::engine
