#pragma once
// Records of both arms that differ in nothing but what is compared.

#include <array>
#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "analyze/compare/run_rows.h"

namespace inferometer::analyze {

// Which arms of the RunRows stand against each other: A and B.
using ArmPair = std::array<std::size_t, 2>;

// `rows` point into the RunRows that they were made of, in run order.
struct Stratum {
  std::vector<std::pair<std::string, std::string>> facts;  // name and value; "not recorded" where it is absent
  std::array<std::vector<const ComparedRow*>, 2> rows;
  std::array<std::set<std::string>, 2> devices;  // of each arm's rows
};

struct Strata {
  std::vector<Stratum> both;               // with rows of both arms, the largest first
  std::array<std::size_t, 2> unmatched{};  // rows whose facts the other arm does not have
  std::string why_none;                    // where there are none in both
  std::vector<std::string> absent;         // facts that neither side tells, so that they count as equal
  std::vector<std::string> differing;      // what differs as it is compared, with the values
};

// `across`: the fields that may differ, because they are what is compared; a model's name covers its quantisation, and
// what names a device its threads, power mode, governor, compute device and GPU layers. device_id and model_name may
// also differ where the arms have none in common. A fact that is absent on both sides counts as equal.
[[nodiscard]] Strata MatchStrata(const RunRows& rows, const ArmPair& arms, std::span<const std::string> across);

// "a, b, c"
[[nodiscard]] std::string Joined(std::span<const std::string> parts);

// Why the prompts of both sides are not the same set, nor their tokens as many; empty where they are. By prompt_id
// where all have one (shares of each may differ by `margin` in sum), else by the means of prompt_tokens and
// generated_tokens. What is absent on both sides is added to `absent`.
[[nodiscard]] std::string WhyPromptsDiffer(const std::array<std::vector<const ComparedRow*>, 2>& rows, double margin,
                                           std::span<const std::string> across, std::vector<std::string>& absent);

}  // namespace inferometer::analyze
