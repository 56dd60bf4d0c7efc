#include "store/record_files.h"

#include <algorithm>
#include <utility>

#include "base/little_endian.h"
#include "record/json_read.h"

namespace inferometer::store {
namespace {

using base::AppendLittleEndian;
using base::ReadLittleEndian;

constexpr std::size_t kPlanFixedBytes = 20;

// In as many entries as that takes.
void AppendPlans(EntryType type, const std::vector<FilePlan>& plans, Journal& journal) {
  std::vector<FilePlan> together;
  std::size_t bytes = 4;
  for (const FilePlan& plan : plans) {
    const std::size_t more = kPlanFixedBytes + plan.device.size() + plan.name.size();
    if (bytes + more > kLargestEntryBytes) {
      journal.Append(type, 0, EncodePlans(std::exchange(together, {})));
      bytes = 4;
    }
    together.push_back(plan);
    bytes += more;
  }
  if (!together.empty()) journal.Append(type, 0, EncodePlans(together));
}

Status BadPlans(std::size_t offset) { return Status(Code::kDataLoss, "not a list of files").At(offset); }

}  // namespace

std::string EncodePlans(const std::vector<FilePlan>& plans) {
  std::string out;
  AppendLittleEndian(out, static_cast<std::uint32_t>(plans.size()));
  for (const FilePlan& plan : plans) {
    AppendLittleEndian(out, static_cast<std::uint16_t>(plan.device.size()));
    AppendLittleEndian(out, static_cast<std::uint16_t>(plan.name.size()));
    out += plan.device;
    out += plan.name;
    AppendLittleEndian(out, plan.stream);
    AppendLittleEndian(out, plan.upto);
  }
  return out;
}

Result<std::vector<FilePlan>> DecodePlans(std::string_view payload) {
  if (payload.size() < 4) return BadPlans(0);
  const auto count = ReadLittleEndian<std::uint32_t>(payload);
  if (count > payload.size() / kPlanFixedBytes) return BadPlans(0);
  std::vector<FilePlan> plans;
  std::size_t at = 4;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (payload.size() - at < kPlanFixedBytes) return BadPlans(at);
    const std::size_t device = ReadLittleEndian<std::uint16_t>(payload, at);
    const std::size_t name = ReadLittleEndian<std::uint16_t>(payload, at + 2);
    if (payload.size() - at < kPlanFixedBytes + device + name) return BadPlans(at);
    at += 4;
    FilePlan& plan = plans.emplace_back();
    plan.device = payload.substr(at, device);
    plan.name = payload.substr(at + device, name);
    at += device + name;
    plan.stream = ReadLittleEndian<std::uint64_t>(payload, at);
    plan.upto = ReadLittleEndian<std::uint64_t>(payload, at + 8);
    at += 16;
  }
  return plans;
}

RecordFiles::RecordFiles(os::FileCalls& calls, const std::filesystem::path& journal_folder, Sources sources,
                         std::size_t most_records_a_file)
    : fetcher_(calls, journal_folder), sources_(std::move(sources)), most_records_(most_records_a_file) {}

void RecordFiles::NoteRecord(const std::string& device, StreamId stream, std::uint64_t sequence, Position position) {
  queues_[device].push_back({stream, sequence, position});
  ++unsaved_count_;
}

void RecordFiles::NoteSaving(std::string_view payload) {
  auto plans = DecodePlans(payload);
  if (!plans.ok()) return;  // a later version's; the records stay unsaved
  for (FilePlan& plan : *plans) {
    // Who makes a plan has noted what came of the device's last one before, if anything did.
    intents_.insert_or_assign(plan.device, plan);
  }
}

void RecordFiles::NoteSaved(std::string_view payload) {
  const auto plans = DecodePlans(payload);
  if (!plans.ok()) return;
  for (const FilePlan& plan : *plans) {
    PopSaved(plan);
    const auto intent = intents_.find(plan.device);
    if (intent != intents_.end() && intent->second == plan) intents_.erase(intent);
  }
}

void RecordFiles::Replayed() {
  for (const auto& [device, plan] : std::exchange(intents_, {})) {
    if (CountUpTo(plan.device, plan.stream, plan.upto) == 0) continue;
    if (IsThere(plan)) {
      PopSaved(plan);
      done_.push_back(plan);
    }
  }
}

// Whether the file is there, for good. Where nobody can tell, the save is to be repeated as it was planned.
bool RecordFiles::IsThere(const FilePlan& plan) {
  const auto folder = sources_.folder(plan.device);
  const auto has = folder.ok() ? (*folder)->Has(plan.name) : Result<bool>(folder.status());
  if (has.ok() && !*has) return false;
  const bool is_there = has.ok() && (*folder)->SyncNames().ok();
  if (!is_there) failed_[plan.device] = plan;
  return is_there;
}

std::size_t RecordFiles::unsaved(const std::string& device) const {
  const auto found = queues_.find(device);
  return found == queues_.end() ? 0 : found->second.size();
}

std::vector<std::string> RecordFiles::devices() const {
  std::vector<std::string> names;
  names.reserve(queues_.size());
  for (const auto& [device, queue] : queues_) names.push_back(device);
  return names;
}

std::optional<Position> RecordFiles::first_unsaved() const {
  std::optional<Position> first;
  for (const auto& [device, queue] : queues_) {
    if (!first || queue.front().position < *first) first = queue.front().position;
  }
  return first;
}

std::optional<Position> RecordFiles::first_unsaved(const std::string& device) const {
  const auto found = queues_.find(device);
  return found == queues_.end() ? std::nullopt : std::optional(found->second.front().position);
}

std::vector<std::uint64_t> RecordFiles::Forget(std::uint64_t segment) {
  std::vector<std::uint64_t> forgotten;
  const auto is_in_it = [segment](const Unsaved& one) { return one.position.segment == segment; };
  for (auto at = queues_.begin(); at != queues_.end();) {
    for (const Unsaved& one : at->second) {
      if (is_in_it(one)) forgotten.push_back(one.sequence);
    }
    std::erase_if(at->second, is_in_it);
    at = at->second.empty() ? queues_.erase(at) : std::next(at);
  }
  unsaved_count_ -= forgotten.size();
  return forgotten;
}

// How many records of the device, from the front, stand in a file with that last record. A device's queue holds the
// runs one after the other.
std::size_t RecordFiles::CountUpTo(const std::string& device, StreamId stream, std::uint64_t upto) const {
  const auto found = queues_.find(device);
  if (found == queues_.end()) return 0;
  const Queue& queue = found->second;
  const auto last = std::find_if(queue.rbegin(), queue.rend(),
                                 [&](const Unsaved& one) { return one.stream == stream && one.sequence <= upto; });
  return static_cast<std::size_t>(queue.rend() - last);
}

void RecordFiles::PopSaved(const FilePlan& plan) {
  const std::size_t count = CountUpTo(plan.device, plan.stream, plan.upto);
  if (count == 0) return;
  Queue& queue = queues_[plan.device];
  queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(count));
  unsaved_count_ -= count;
  if (queue.empty()) queues_.erase(plan.device);
}

Result<FilePlan> RecordFiles::PlanFor(const std::string& device, const Queue& queue) {
  const auto failed = failed_.find(device);
  if (failed != failed_.end()) {
    const FilePlan& plan = failed->second;
    if (CountUpTo(device, plan.stream, plan.upto) > 0) return plan;
    failed_.erase(failed);  // its records were given up
  }
  std::size_t count = 1;
  while (count < std::min(queue.size(), most_records_) && queue[count].stream == queue.front().stream) ++count;
  ASSIGN_OR_RETURN(MetricsFolder* const folder, sources_.folder(device));
  ASSIGN_OR_RETURN(std::string name, folder->FreeFileName());
  return FilePlan{device, std::move(name), queue.front().stream, queue[count - 1].sequence};
}

std::vector<FilePlan> RecordFiles::Plan(const std::vector<std::string>& devices, SaveOutcome& outcome) {
  std::vector<FilePlan> plans;
  for (const std::string& device : devices) {
    const auto found = queues_.find(device);
    if (found == queues_.end()) continue;
    auto plan = PlanFor(device, found->second);
    if (plan.ok()) {
      plans.push_back(std::move(*plan));
    } else {
      outcome.failures.push_back({device, plan.status()});
    }
  }
  return plans;
}

// A read error may pass, but one bad sector must not keep a device from its files for ever.
Result<std::string> RecordFiles::ReadLine(const std::string& device, const Unsaved& one) {
  constexpr int kPatience = 5;
  const auto entry = fetcher_.Fetch(one.position);
  if (entry.ok()) return sources_.line(*entry);
  const bool is_final = entry.status().code() == Code::kInternal && ++unreadable_[device] >= kPatience;
  return is_final ? Status(Code::kDataLoss, entry.status().message()) : entry.status();
}

Result<RecordFiles::Lines> RecordFiles::ReadLines(const FilePlan& plan) {
  Lines read;
  const auto found = queues_.find(plan.device);
  if (found == queues_.end()) return read;  // the plan's own sync made room in the journal, and gave them up
  const Queue& queue = found->second;
  const std::size_t count = CountUpTo(plan.device, plan.stream, plan.upto);
  read.texts.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const RecordName record{queue[i].stream, queue[i].sequence};
    auto text = ReadLine(plan.device, queue[i]);
    if (text.ok()) {
      read.texts.push_back(std::move(*text));
      read.records.push_back(record);
    } else if (text.status().code() == Code::kDataLoss || text.status().code() == Code::kNotFound) {
      read.damaged.push_back(record);
    } else {
      return text.status();
    }
  }
  return read;
}

Result<SavedFile> RecordFiles::WriteFile(const FilePlan& plan, Lines& lines) {
  ASSIGN_OR_RETURN(MetricsFolder* const folder, sources_.folder(plan.device));
  const std::string context = sources_.context(plan.device, plan.stream);
  auto saved = folder->Write(plan.name, context, lines.texts);
  if (saved.status().code() != Code::kDataLoss) return saved;
  // A line is no record: without it the others still make a file.
  Lines good{.texts = {}, .records = {}, .damaged = std::move(lines.damaged)};
  for (std::size_t i = 0; i < lines.texts.size(); ++i) {
    const bool is_record = record::ParseRecord(lines.texts[i]).ok();
    if (is_record) good.texts.push_back(std::move(lines.texts[i]));
    (is_record ? good.records : good.damaged).push_back(lines.records[i]);
  }
  lines = std::move(good);
  return folder->Write(plan.name, context, lines.texts);
}

Status RecordFiles::MakeFile(const FilePlan& plan, SaveOutcome& outcome) {
  ASSIGN_OR_RETURN(Lines lines, ReadLines(plan));
  if (!lines.texts.empty()) {
    ASSIGN_OR_RETURN(auto saved, WriteFile(plan, lines));
    outcome.saved.push_back(std::move(saved));
  }
  outcome.damaged_records.insert(outcome.damaged_records.end(), lines.damaged.begin(), lines.damaged.end());
  return Ok();
}

Result<SaveOutcome> RecordFiles::Save(const std::vector<std::string>& devices, Journal& journal) {
  SaveOutcome outcome;
  AppendPlans(EntryType::kSaved, std::exchange(done_, {}), journal);
  // While the journal fails, no intent is added to what waits in memory.
  if (const Status synced = journal.Sync(); !synced.ok()) {
    return Status(synced.code(), "could not save: " + synced.message());
  }
  const std::vector<FilePlan> plans = Plan(devices, outcome);
  AppendPlans(EntryType::kSaving, plans, journal);
  RETURN_IF_ERROR(journal.Sync());
  for (const FilePlan& plan : plans) {
    if (const Status made = MakeFile(plan, outcome); !made.ok()) {
      failed_[plan.device] = plan;
      outcome.failures.push_back({plan.device, made});
      continue;
    }
    failed_.erase(plan.device);
    unreadable_.erase(plan.device);
    PopSaved(plan);
    done_.push_back(plan);
  }
  AppendPlans(EntryType::kSaved, std::exchange(done_, {}), journal);
  journal.Sync().IgnoreBecause("it stays pending; until it is durable, the files being there tell the same");
  return outcome;
}

}  // namespace inferometer::store
