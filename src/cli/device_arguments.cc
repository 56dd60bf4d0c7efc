#include "cli/device_arguments.h"

#include <CLI/CLI.hpp>
#include <vector>

#include "base/device_id.h"
#include "cli/default_model.h"
#include "cli/log.h"
#include "cli/message_options.h"
#include "cli/probe_options.h"
#include "os/machine.h"
#include "probe/energy/power_model.h"

namespace inferometer::cli {
namespace {

constexpr int kInferencesPerSave = 10;

void AddIdentity(CLI::App& app, DeviceArguments& a) {
  const char* group = "Identity";
  app.add_option("--device-name", a.name, "Name of this device, its folder under metrics/ (default: the host's)")
      ->envname("DEVICE_NAME")
      ->group(group);
  app.add_option("--device-id", a.id, "Id of this device (default: the address of its first network interface)")
      ->envname("DEVICE_ID")
      ->group(group);
  app.add_option("--experiment", a.experiment, "A name that goes into every file's context")->group(group);
}

void AddInput(CLI::App& app, DeviceArguments& a) {
  const char* group = "Messages (default: iot/telemetry/<device id> at the broker localhost)";
  app.add_option("--generate", a.generate, "Make N messages of the device's character")
      ->check(CheckMessageCount(0))
      ->type_name("N")
      ->group(group);
  app.add_option("--replay", a.replay,
                 "Read messages from a CSV file of the environmental sensor data set, - for standard input")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--replay-sensor", a.replay_sensor,
                 "Whose rows to replay: a device id of the file, or all (default: --device-id)")
      ->group(group);
  app.add_option("--speed", a.speed,
                 "Pace of --generate and --replay: 1 as recorded (default: as fast as the engine takes them)")
      ->check(CheckSpeed())
      ->type_name("FACTOR")
      ->group(group);
  app.add_option("--messages", a.most_messages, "End after N messages")
      ->check(CheckMessageCount(1))
      ->type_name("N")
      ->group(group);
  app.add_option("--queue", a.queue, "Messages of the broker that may wait; the oldest gives way, counted")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}))
      ->capture_default_str()
      ->group(group);
}

void AddModel(CLI::App& app, DeviceArguments& a) {
  const char* group = "Model";
  app.add_option("--model", a.model.path, "GGUF file (default: the model that the set-up brought)")
      ->envname("LLM_MODEL_NAME")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--enable-llm", a.enable_llm, "false: count the messages, ask nothing")
      ->envname("ENABLE_LLM")
      ->capture_default_str()
      ->group(group);
  app.add_option("--interval", a.interval, "One inference every N messages")
      ->envname("LLM_INFERENCE_INTERVAL")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str()
      ->group(group);
  app.add_option("--max-tokens", a.answer.max_tokens, "Most tokens of an answer")
      ->envname("LLM_MAX_LENGTH")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str()
      ->group(group);
  app.add_option("--temperature", a.answer.temperature, "0: always the likeliest token, so that a run can be repeated")
      ->envname("LLM_TEMPERATURE")
      ->check(CLI::Range(0.0, 10.0))
      ->capture_default_str()
      ->group(group);
  app.add_option("--seed", a.seed, "Of the sampling and of --generate")
      ->check(CheckSeed())
      ->capture_default_str()
      ->group(group);
  app.add_option("--threads", a.model.threads, "CPU threads (default: all CPUs)")
      ->check(CLI::Range(1, 512))
      ->group(group);
  app.add_option("--context", a.model.context_tokens, "Context in tokens (default: the model's, at most 2048)")
      ->check(CLI::Range(64, 10'000'000))
      ->group(group);
  app.add_option("--gpu-layers", a.model.gpu_layers,
                 "Layers on the GPU, -1 for all (builds with the preset cuda or vulkan)")
      ->check(CLI::Range(-1, 10'000))
      ->capture_default_str()
      ->group(group);
  app.add_flag("--check-tensors", a.model.check_tensors, "Validate every weight while loading")->group(group);
  app.add_option("--prompt", a.prompt_file,
                 "File with the prompt's template: {temp} {humidity} {co} {lpg} {smoke} {light} {motion} "
                 "{device_id} {ts} stand for the readings")
      ->type_name("FILE")
      ->group(group);
}

void AddMeasuring(CLI::App& app, DeviceArguments& a) {
  const char* group = "Measuring and keeping";
  AddProbeOptions(app, a.recorder, group);
  app.add_flag("--no-peak-reset", a.no_peak_reset,
               "Leave the process's memory high-water mark alone; peaks are of its life then")
      ->group(group);
  app.add_option("--out", a.out, "Folder of the device's files (default: metrics/<device name>)")
      ->type_name("DIR")
      ->group(group);
  app.add_option("--save-every", a.save_every, "Messages from save to save (default: 10 x interval)")
      ->check(CLI::Range(1, 10'000'000))
      ->type_name("N")
      ->group(group);
  app.add_flag("--portable-names", a.portable_names, "File names with - for :")->group(group);
  app.add_option("--journal-size", a.journal.most_bytes,
                 "Most room for the journal (default: a tenth of the file system, at most 4 GiB)")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE")
      ->group(group);
  app.add_option("--keep-free", a.journal.keep_free_bytes,
                 "What the journal leaves free on its file system (default: 15 %, at most 4 GiB)")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE")
      ->group(group);
  app.add_option("--drain", a.drain_seconds, "At the end of the input, wait so long for a hub to have every record")
      ->check(CLI::Range(0.0, 1e7))
      ->type_name("SECONDS")
      ->capture_default_str()
      ->group(group);
}

// A host's name may hold what a folder's may not.
std::string AsDeviceName(std::string host) {
  for (char& c : host) {
    if (!base::CheckDeviceName(std::string("x") + c).ok()) c = '_';
  }
  return host;
}

Status CompleteIdentity(DeviceArguments& a, const os::Machine& machine) {
  if (a.name.empty()) a.name = AsDeviceName(machine.host);
  RETURN_IF_ERROR(base::CheckDeviceName(a.name));
  if (a.id.empty()) a.id = os::FirstMacAddress(a.recorder.sysfs).value_or("");
  if (a.id.empty())
    return {Code::kInvalidArgument, "this machine has no network interface to name it by; give --device-id"};
  auto id = base::CanonicalDeviceId(a.id);
  if (!id.ok()) return {id.status().code(), "--device-id " + a.id + ": " + id.status().message()};
  a.id = *id;
  return CheckCertificateNames(a.broker, a.id);
}

}  // namespace

void AddDeviceOptions(CLI::App& app, DeviceArguments& arguments) {
  AddIdentity(app, arguments);
  AddInput(app, arguments);
  AddModel(app, arguments);
  AddMeasuring(app, arguments);
  AddBrokerOptions(app, arguments.broker);
  AddLogLevel(app, arguments.log_level);
}

Status Complete(DeviceArguments& a) {
  RETURN_IF_ERROR(CompleteIdentity(a, os::DescribeMachine(a.recorder.procfs, a.recorder.sysfs)));
  RETURN_IF_ERROR(probe::FindBoard(a.recorder.board).status());
  RETURN_IF_ERROR(CheckHost(a.broker.host));
  if (a.generate && !a.replay.empty()) return {Code::kInvalidArgument, "--generate and --replay exclude each other"};
  const bool own_input = a.generate || !a.replay.empty();
  if (!own_input && a.broker.host.empty()) a.broker.host = "localhost";
  if (a.enable_llm && a.model.path.empty()) a.model.path = DefaultModel();
  if (a.enable_llm && a.model.path.empty()) {
    return {Code::kNotFound, kNoModel};
  }
  if (a.out.empty()) a.out = std::filesystem::path("metrics") / a.name;
  if (!a.save_every) a.save_every = kInferencesPerSave * a.interval;
  if (a.replay_sensor.empty()) a.replay_sensor = a.id;
  a.answer.seed = a.seed;
  a.recorder.device_id = a.id;
  a.recorder.reset_peak = !a.no_peak_reset;
  a.model.procfs = a.recorder.procfs;
  return Ok();
}

}  // namespace inferometer::cli
