#include "report/html/method_section.h"

#include <fmt/format.h>

namespace inferometer::report::html {
namespace {

constexpr std::string_view kMethod = R"(<ul class="method">
<li>Each record counts once, in however many files it stands. A failed inference is counted and is in no other figure. What was not measured is absent, never 0.</li>
<li>Records of one device and model are one group; energies of different source or scope make groups of their own.</li>
<li>Quantiles (p50, p95, p99) interpolate linearly between ordered values: Hyndman and Fan's type 7, the default of NumPy. p95 needs 59 values and p99 needs 299: fewer cannot bound them.</li>
<li>Inference time goes from just before tokenising, with the model loaded, to the end of generation, by the steady clock. The time to the first token holds tokenising and sampling.</li>
<li>Tokens/s are the generated tokens less one, divided by the time from the first to the last. The average of a rate is the ratio of the sums, not the mean of the ratios.</li>
<li>Memory is the peak of resident memory in the inference, less what the process took before the model was loaded; 1 MB is 2<sup>20</sup> bytes. Processor use is in percent of one core and passes 100 with several threads.</li>
<li>Energy is gross, over the part of the machine that its scope names. Its uncertainty is the half width of an interval that holds the true value at about 95 %. That of an average is the average of the uncertainties: the source errs the same way in every record, so that more records do not make it smaller.</li>
<li>Temperature is the highest of the inference, at one sensor. Throttling is said only where the machine tells of it.</li>
<li>Times are UTC, of the devices' clocks. Inferences that began before a device's clock was set are on no time line.</li>
)";

}  // namespace

Section MethodSection(const Report& report) {
  HtmlWriter body;
  body.Markup(kMethod);
  body.Markup(fmt::format(
      "<li>Drawing: histograms have as many bars as the square root of n, at most {}. Of a scatter, at most {} "
      "inferences are drawn, "
      "those with the smallest hash of their record's id, and always the outermost; throttled ones are drawn by lot of "
      "their "
      "own. A time line shows single inferences while they are few ({} here), else the smallest and the largest value "
      "of each of at most {} slices. Axes are linear from 0 unless they say otherwise; values that reach over {} times "
      "the "
      "smallest stand on a log scale.</li>\n</ul>\n",
      Histogram::kMostBars, Limits().points, report.drawn.most_moments(), TimeLine::kMostSlices, Axis::kWide));
  return {"method", "How were these figures made?", "Method", "", std::move(body).Take()};
}

}  // namespace inferometer::report::html
