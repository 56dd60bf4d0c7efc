#pragma once
// Measures inferences in a program that has an LLM inside. Include this, link `inferometer_measure`, and put five calls
// around the work:
//
//   auto recorder = inferometer::Recorder::Create({.device_id = "pi-07"});      // before the model is loaded
//   ... load the model ...
//   auto inference = (*recorder)->Begin({.model_name = "SmolLM2", .compute_device = "cpu"});
//   ... tokenise;  inference.PromptReady(n_prompt_tokens);  evaluate the prompt ...
//   ... for each token:  inference.Token(); ...
//   inferometer::InferenceRecord record = inference.End("stop");                // or Fail("engine_error")
//
// What is exact: durations (steady clock), CPU time (every thread's own clock), peak memory (the high-water mark is
// reset at begin), energy where the machine has a counter. docs/fields.md defines every figure.
//
// What only the program knows it sets in the record before it writes it: `warmup` for the first inference after a load,
// `prompt_id`, and in an experiment `block_id` and `run_index`. Comparisons go by them (docs/comparing.md).

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "inferometer/record.h"
#include "inferometer/status.h"

namespace inferometer {

enum class EnergyChoice {
  kAuto,   // the best source that this machine lets us read, else the model
  kModel,  // the utilisation model of `board`, also where a counter exists
  kNone,   // no energy in the records
};

struct RecorderOptions {
  std::string device_id;  // ^[a-z0-9][a-z0-9:_-]{1,62}[a-z0-9]$ after lower-casing
  EnergyChoice energy = EnergyChoice::kAuto;
  // The power profile for the model: pi3, pi4, pi5, jetson-nano, orin-nano, n100, generic.
  std::string board = "generic";
  // Writing to /proc/self/clear_refs resets the process's high-water mark of memory, which also resets ru_maxrss. Off:
  // the peak is that of the process's life, memory_peak_source says so, and memory_added_mb is absent.
  bool reset_peak = true;
  // Where the host's /proc and /sys are mounted. The process's own figures always come from `procfs`/self.
  std::string procfs = "/proc";
  std::string sysfs = "/sys";
  // A meter's stream of "time, watts" lines (a file that grows, a FIFO or a Unix socket); empty: none. A meter that is
  // named and cannot be used is an error.
  std::string external_meter{};
  // Of its power, as its data sheet says (k = 2); above 0, at most 100.
  double external_meter_uncertainty_percent = 2;
  // A profile that `inferometer doctor --calibrate` wrote for this machine; empty: none. Used where nothing measures.
  // One of another machine is not used, and the records say so.
  std::string power_profile{};
  // Whether a profile that cannot be read is an error; else it is not used, as one of another machine.
  bool power_profile_must_be_readable = true;
};

inline constexpr const char* kCpu = "cpu";

// What stays the same from inference to inference.
struct ModelIdentity {
  std::string model_name;
  // kCpu, "cuda:0", "vulkan:0", "cuda:0+cpu", ... Anything but kCpu gets no energy from a board's model, which knows of
  // the CPUs only.
  std::string compute_device;
};

namespace measure {
class RecorderState;
class InferenceState;
}  // namespace measure

// One inference being measured. Movable; used by one thread at a time. Dropped without End or Fail, it counts as
// abandoned (Recorder::abandoned) and yields no record. The Recorder must outlive it.
class Inference {
 public:
  Inference(Inference&&) noexcept;
  Inference& operator=(Inference&&) noexcept;
  ~Inference();

  // Tokenising is over. `prompt_tokens` with the template; `cached_prompt_tokens` of them will not be evaluated
  // again; leave it out where the engine caches nothing.
  // Counts that cannot be (negative, more cached than all) are left out of the record.
  void PromptReady(std::int64_t prompt_tokens, std::optional<std::int64_t> cached_prompt_tokens = std::nullopt);
  // A token is in the caller's hands; the first call is the first token. Not for the end-of-generation token. Costs one
  // clock read.
  void Token();

  // Call as soon as generation is over. Yields the record, or one with status "error" and error_type "empty_output"
  // when no token came; its reals are rounded as they are written. `finish_reason`: "stop" or "length". REQUIRES: not
  // ended yet.
  [[nodiscard]] InferenceRecord End(std::string finish_reason);
  // The inference failed or was cancelled. What was measured stays in the record; no rates. REQUIRES: not ended yet.
  [[nodiscard]] InferenceRecord Fail(std::string error_type);

 private:
  friend class Recorder;
  explicit Inference(std::unique_ptr<measure::InferenceState> state);
  std::unique_ptr<measure::InferenceState> state_;
};

// Measures the inferences of one process. Thread-safe. Two inferences at a time, also of two recorders, are measured in
// time and tokens only and carry the flag "concurrent": CPU, memory and energy belong to the whole process and cannot
// be told apart. Where the machine has an energy counter, a recorder has a thread that reads it every 30 s at the
// latest, so that no wrap is missed. Not to be used across fork().
class Recorder {
 public:
  // Create it before the model is loaded: resident memory at this moment is what memory_used_mb subtracts.
  // kInvalidArgument for a bad device id or an unknown board. Sources that cannot be read are not an error; the records
  // say why they are not used. Takes 0.1 s where there is a whole-platform energy counter, to judge it.
  [[nodiscard]] static Result<std::unique_ptr<Recorder>> Create(const RecorderOptions& options);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Takes at most 60 us together with End.
  [[nodiscard]] Inference Begin(const ModelIdentity& model);

  // Resident memory of this process now, in MB (2^20 bytes), and when the recorder was made.
  [[nodiscard]] std::optional<double> ResidentMemoryMb() const;
  [[nodiscard]] std::optional<double> BaselineMemoryMb() const;

  // 16 hexadecimal digits, new for each Recorder; the stream of record_id.
  [[nodiscard]] const std::string& session_id() const;
  // One line for people: which energy source, over which scope, and why not a better one.
  [[nodiscard]] std::string EnergyDescription() const;
  // Inferences that were begun and dropped without End or Fail.
  [[nodiscard]] std::uint64_t abandoned() const;

 private:
  friend class measure::RecorderState;
  explicit Recorder(std::unique_ptr<measure::RecorderState> state);
  std::unique_ptr<measure::RecorderState> state_;
};

}  // namespace inferometer
