#include "report/html/style.h"

#include <fmt/format.h>

#include <string_view>

#include "report/html/palette.h"

namespace inferometer::report::html {
namespace {

// Texts and spaces.
constexpr std::string_view kPage = R"(*{box-sizing:border-box}
html{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;color:var(--ink);background:var(--page);-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:76rem;padding:0 1.25rem 4rem;overflow-wrap:anywhere}
h1{font-size:2rem;line-height:1.2;margin:.2rem 0 .6rem}
h2{font-size:1.4rem;line-height:1.25;margin:3.5rem 0 .4rem;padding-top:1rem;border-top:1px solid var(--rule)}
h3{font-size:1.05rem;margin:2rem 0 .5rem}
p{margin:.4rem 0;max-width:46rem}
a{color:var(--link);text-underline-offset:.15em}
a:focus-visible,.scroll:focus-visible,summary:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-100rem}
.skip:focus{left:1rem;top:1rem;background:var(--page);padding:.5rem 1rem;z-index:1}
header{padding-top:2.5rem}
.over{margin:0;color:var(--quiet);font-size:.9rem}
.lead{font-size:1.1rem}
.note,figcaption,caption{color:var(--quiet);font-size:.875rem;max-width:46rem}
.answers{display:grid;grid-template-columns:minmax(11rem,max-content) 1fr;gap:.55rem 1.5rem;margin:1rem 0}
.answers dt{font-weight:600}
.answers dd{margin:0;max-width:54rem}
.answers dd p{margin:0 0 .2rem;max-width:none}
.answer p{font-size:1.05rem;max-width:54rem}
.answer b,.answers b{font-variant-numeric:tabular-nums;font-weight:650}
)";

// Pictures and tables.
constexpr std::string_view kParts = R"(figure{margin:1.2rem 0}
figcaption{margin-bottom:.3rem}
figcaption b{color:var(--ink)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,21rem),1fr));gap:1.6rem 1.8rem;margin:1.2rem 0}
.cards figure{margin:0}
svg{display:block;max-width:100%;height:auto;font-size:12px;overflow:visible}
svg text{fill:var(--ink);paint-order:stroke;stroke:var(--page);stroke-width:3px;stroke-linejoin:round;font-variant-numeric:tabular-nums;unicode-bidi:isolate}
svg .q{fill:var(--quiet)}
svg .b{font-weight:600}
svg .grid{stroke:var(--rule);stroke-width:1}
svg .axis{stroke:var(--axis);stroke-width:1}
svg .bar{fill:var(--data)}
svg .line{stroke:var(--data);stroke-width:1.5;fill:none}
svg .span{stroke:var(--data);stroke-width:5;fill:none;opacity:.55}
svg .mark{fill:var(--data);stroke:none}
svg .dots{stroke:var(--data);stroke-width:4;stroke-linecap:round;opacity:.75;fill:none}
svg .few{stroke-width:5.5;opacity:.9}
svg .alarm{stroke:var(--alarm);stroke-width:1.3;fill:none}
svg .run{stroke:var(--axis);stroke-width:1;stroke-dasharray:3 3;fill:none}
svg .median{stroke:var(--ink);stroke-width:1.5}
svg .tail{stroke:var(--quiet);stroke-width:1.2;stroke-dasharray:4 3}
svg .gap{fill:var(--panel);stroke:none}
svg .same{fill:var(--rule);opacity:.6;stroke:none}
svg .hollow{fill:var(--page);stroke:var(--data);stroke-width:1.8}
svg .fold{stroke:var(--axis);stroke-width:1;fill:none}
svg .lead{stroke:var(--axis);stroke-width:1;fill:none}
.narrow{display:none}
@media screen and (max-width:48rem){.wide{display:none}.narrow{display:block}th[scope=row]{white-space:normal;overflow-wrap:break-word;min-width:8.5rem}.answers{grid-template-columns:1fr;gap:.1rem}.answers dd{margin-bottom:.7rem}h1{font-size:1.6rem}body{padding:0 1rem 3rem}}
.scroll{overflow-x:auto;margin:1.2rem 0}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:0 0 .4rem;font-weight:600;color:var(--ink)}
th,td{padding:.3rem .6rem .3rem 0;text-align:right;vertical-align:top;border-bottom:1px solid var(--rule);white-space:nowrap}
thead th{color:var(--quiet);font-weight:600;border-bottom:1px solid var(--axis)}
tbody th{font-weight:400}
th[scope=row],.l{text-align:left}
.none{color:var(--quiet);font-style:italic}
.facts td{white-space:normal}
nav ol{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:0;margin:1rem 0;list-style:none;font-size:.95rem}
.method li{max-width:46rem;margin:.35rem 0}
footer{margin-top:3rem;color:var(--quiet);font-size:.875rem}
@page{margin:14mm}
@media print{html{font-size:11px}body{max-width:none;padding:0}nav,.skip{display:none}h2{break-after:avoid}h3,figcaption,caption{break-after:avoid}figure,tr{break-inside:avoid}thead{display:table-header-group}.scroll{overflow:visible}table{font-size:.8rem}th,td{padding:.25rem .45rem .25rem 0}thead th,th[scope=row],.l{white-space:normal;overflow-wrap:break-word;min-width:0;max-width:9rem}.cards{grid-template-columns:repeat(2,1fr)}.wide{display:block}.narrow{display:none}svg .dots,svg .bar{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)";

std::string Variables(bool is_dark) {
  std::string out;
  for (const Colour& colour : Palette()) {
    out += fmt::format("--{}:#{:06x};", colour.name, is_dark ? colour.dark : colour.light);
  }
  return out;
}

// The marks that tell series apart: filled ones, and dots of single inferences.
std::string SeriesRules() {
  std::string out;
  for (std::size_t i = 0; i < kSeriesColours; ++i) {
    out += fmt::format(
        "svg .s{0}{{fill:var(--s{0});stroke:var(--page);stroke-width:1}}svg .w{0}{{stroke:var(--s{0});stroke-width:1.6;"
        "fill:none}}svg .d{0}{{stroke:var(--s{0});stroke-width:3.5;stroke-linecap:round;opacity:.45;fill:none}}\n",
        i);
  }
  return out;
}

}  // namespace

std::string StyleSheet() {
  return fmt::format(
      ":root{{color-scheme:light dark;{}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{}}}}}\n"
      "@media print{{:root{{color-scheme:light}}}}\n{}{}{}",
      Variables(false), Variables(true), kPage, kParts, SeriesRules());
}

}  // namespace inferometer::report::html
