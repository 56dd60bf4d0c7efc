#include "real_runs.h"

#include <algorithm>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "analyze/compare/metrics.h"
#include "analyze/compare/run_comparison.h"
#include "analyze/each_record.h"
#include "repeat.h"

namespace inferometer::checks {
namespace {

constexpr std::size_t kLeastRecords = 200;
constexpr std::size_t kWindow = 120;  // records that one pair of sides is made of
constexpr std::size_t kBlock = 4;     // of them in a block, half of each side
constexpr std::size_t kHalf = kWindow / 2;

// How one run is split.
enum class Split {
  kBlocks,  // in turns, as `inferometer bench` runs them: of every 4 in a row a random half, with block_id
  kDrawn,   // records in no order: real noise without its history
  kHalves,  // the first half against the second, as two runs one after the other
};

using Random = boost::random::mt19937_64;

void Shuffle(std::vector<std::size_t>& places, std::size_t begin, std::size_t end, Random& random) {
  for (std::size_t i = end; i-- > begin + 1;) {
    std::swap(places[i], places[boost::random::uniform_int_distribution<std::size_t>(begin, i)(random)]);
  }
}

// One real run in the order of its timestamps.
class RealRun {
 public:
  static Result<RealRun> Read(const std::filesystem::path& folder) {
    RealRun run;
    const auto each = [&](const analyze::RecordOrigin& origin, const InferenceRecord& record) {
      if (record.failed() || record.warmup.value_or(false)) return Ok();
      if (run.records_.empty()) run.context_ = origin.context;
      run.records_.push_back(record);
      return Ok();
    };
    ASSIGN_OR_RETURN(const analyze::RecordsRead read, analyze::ForEachRecord(folder, each));
    static_cast<void>(read);  // what is damaged gives no record
    if (run.records_.size() < kLeastRecords) {
      return {Code::kFailedPrecondition, fmt::format("{}: {} records; {} are needed (bench/real_runs makes them)",
                                                     folder.string(), run.records_.size(), kLeastRecords)};
    }
    std::stable_sort(run.records_.begin(), run.records_.end(),
                     [](const auto& x, const auto& y) { return x.timestamp < y.timestamp; });
    return run;
  }
  [[nodiscard]] std::size_t count() const { return records_.size(); }

  // What compare says of one split of kWindow records in a row; all of its metrics are one family.
  [[nodiscard]] analyze::RunComparison Compare(Split split, std::uint64_t seed) const {
    Random random(seed);
    const std::size_t window = boost::random::uniform_int_distribution<std::size_t>(0, count() - kWindow)(random);
    std::vector<std::size_t> places(split == Split::kDrawn ? count() : kWindow);
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = split == Split::kDrawn ? i : window + i;
    if (split == Split::kDrawn) Shuffle(places, 0, places.size(), random);
    for (std::size_t i = 0; i < kWindow && split == Split::kBlocks; i += kBlock) Shuffle(places, i, i + kBlock, random);
    analyze::RunRows rows;
    for (std::size_t i = 0; i < kWindow; ++i) Add(places[i], i, split, rows);
    analyze::RunQuestion question;
    question.rules.seed = seed;
    for (std::size_t i = 0; i < analyze::kCompareMetrics.size(); ++i) question.metrics.push_back(i);
    return CompareRuns(rows, question);
  }

 private:
  void Add(std::size_t place, std::size_t nth, Split split, analyze::RunRows& rows) const {
    const analyze::FoundFile file{"real", std::nullopt};
    InferenceRecord record = records_[place];
    record.record_id.reset();  // it holds the session, and all are of one
    record.session_id.reset();
    const bool is_in_b = split == Split::kHalves ? nth >= kHalf : nth % 2 == 1;
    if (split == Split::kBlocks) record.block_id = std::to_string(nth / kBlock);
    if (split == Split::kDrawn) record.timestamp = WallTime(std::chrono::seconds(static_cast<std::int64_t>(nth)));
    rows.Add(is_in_b ? 1 : 0, {file, context_}, record);
  }

  std::vector<InferenceRecord> records_;
  store::Context context_;
};

Rates AnswerOf(const analyze::RunComparison& all) {
  Rates answer;
  for (const analyze::MetricComparison& one : all.comparisons) {
    if (!one.stratum.empty()) continue;
    if (IsDifferent(one.comparison)) answer.false_verdicts = 1;
    if (one.metric == 0 && one.comparison.drift.is_found) answer.withheld = 1;
  }
  return answer;
}

}  // namespace

Status RealRuns(Sheet& sheet, const std::filesystem::path& folder, std::uint64_t seed) {
  ASSIGN_OR_RETURN(const RealRun run, RealRun::Read(folder));
  sheet.Title(
      fmt::format("A against A of {} real inferences, {} of them in a row or drawn, 1,000 splits each; all metrics "
                  "of compare are one family",
                  run.count(), kWindow));
  const auto rates_of = [&](Split split) {
    return Repeat([&](std::size_t i) { return AnswerOf(run.Compare(split, seed + i)); });
  };
  const Rates blocks = rates_of(Split::kBlocks);
  sheet.AtMost("in turns, blocks of 4: any false verdict", blocks.false_verdicts, 5, "%");
  sheet.Note("  inference time withheld for drift", blocks.withheld, "%");
  const Rates drawn = rates_of(Split::kDrawn);
  sheet.AtMost("drawn in no order: any false verdict", drawn.false_verdicts, 5, "%");
  sheet.Note("  inference time withheld for drift", drawn.withheld, "%");
  const Rates halves = rates_of(Split::kHalves);
  sheet.Note("one after the other (what the machine did in between counts): any verdict", halves.false_verdicts, "%");
  sheet.Note("  inference time withheld for drift", halves.withheld, "%");
  return Ok();
}

}  // namespace inferometer::checks
