#include "exchange/verification_json.h"

#include <gtest/gtest.h>

namespace inferometer::exchange {
namespace {

using analyze::FindingKind;

TEST(VerificationJsonTest, EveryFindingHasEveryKeyAndEachItemItsLine) {
  analyze::Verification verification;
  verification.files = 2;
  verification.records = 30;
  verification.journals = 1;
  verification.segments = 3;
  verification.findings_left_out = 1;
  verification.findings = {
      {.kind = FindingKind::kJournal, .file = "j/1.journal", .offset = 532, .text = "j/1.journal: \"bad\""},
      {.kind = FindingKind::kMissing,
       .file = "m",
       .stream = analyze::StreamName{"pi-07", 42},
       .records = analyze::SequenceRange{5, 9},
       .text = "nowhere"},
      {.kind = FindingKind::kDisagreement, .file = "f", .field = "inference_time_ms.avg", .text = "lies"}};
  verification.losses = {{{"pi-07", 42}, {1, 4}, 4, "evicted"}};
  verification.notes = {"in use", "else"};
  EXPECT_EQ(VerificationJson(verification),
            "{\"schema_version\":1,\"files\":2,\"records\":30,\"journals\":1,\"segments\":3,\"findings_count\":4,"
            "\"findings\":[\n"
            "  {\"kind\":\"journal\",\"file\":\"j/1.journal\",\"offset\":532,\"device\":null,\"stream\":null,"
            "\"from\":null,\"to\":null,\"field\":null,\"text\":\"j/1.journal: \\\"bad\\\"\"},\n"
            "  {\"kind\":\"missing\",\"file\":\"m\",\"offset\":null,\"device\":\"pi-07\","
            "\"stream\":\"000000000000002a\",\"from\":5,\"to\":9,\"field\":null,\"text\":\"nowhere\"},\n"
            "  {\"kind\":\"summary\",\"file\":\"f\",\"offset\":null,\"device\":null,\"stream\":null,\"from\":null,"
            "\"to\":null,\"field\":\"inference_time_ms.avg\",\"text\":\"lies\"}\n"
            "],\"losses\":[\n"
            "  {\"device\":\"pi-07\",\"stream\":\"000000000000002a\",\"from\":1,\"to\":4,\"count\":4,"
            "\"reason\":\"evicted\"}\n"
            "],\"notes\":[\n  \"in use\",\n  \"else\"\n]}\n");
}

TEST(VerificationJsonTest, NothingFoundIsStillJson) {
  EXPECT_EQ(VerificationJson({}),
            "{\"schema_version\":1,\"files\":0,\"records\":0,\"journals\":0,\"segments\":0,\"findings_count\":0,"
            "\"findings\":[],\"losses\":[],\"notes\":[]}\n");
}

}  // namespace
}  // namespace inferometer::exchange
