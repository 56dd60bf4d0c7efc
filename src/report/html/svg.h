#pragma once
// Pictures of lines, marks and words, as SVG that stands inside an HTML page.

#include <string>
#include <string_view>

namespace inferometer::report::html {

// A place in a picture, in its own units, which are CSS pixels at its natural size. y grows downwards.
struct Place {
  double x = 0;
  double y = 0;
};

struct Size {
  double width = 0;
  double height = 0;
};

// Where a text stands in relation to its place.
enum class Anchor { kStart, kMiddle, kEnd };

// The data of an SVG path, one decimal a number.
class PathData {
 public:
  PathData& MoveTo(Place to);
  PathData& LineTo(Place to);
  PathData& HorizontalTo(double x);
  PathData& VerticalTo(double y);
  PathData& Close();
  // A line of no length: a dot where the class gives it round ends.
  PathData& Dot(Place at);
  PathData& Cross(Place at, double half);
  [[nodiscard]] bool empty() const { return data_.empty(); }
  [[nodiscard]] const std::string& data() const { return data_; }

 private:
  void Append(char command, double value);
  std::string data_;
};

// One picture. Its looks come from the page's style sheet, by classes: `css_class` is always of this program. All texts
// may come from files: they are escaped here.
class Svg {
 public:
  // `id` is unique in the page and of this program. `title` names the picture to those who do not see it, `description`
  // says what it shows.
  Svg(std::string_view id, Size size, std::string_view title, std::string_view description);

  void Line(std::string_view css_class, Place from, Place to);
  void Rectangle(std::string_view css_class, Place corner, Size size);
  void Circle(std::string_view css_class, Place centre, double radius);
  void Path(std::string_view css_class, const PathData& path);
  void Text(std::string_view css_class, Place at, Anchor anchor, std::string_view text);

  [[nodiscard]] std::string Take() &&;

 private:
  std::string out_;
};

// What a text takes at the size of the style sheet's class `t` (12 px), estimated from its number of characters.
[[nodiscard]] double WidthOf(std::string_view text);
// As much of `text` as fits into `width`: of a longer one both ends, with "…" between them.
[[nodiscard]] std::string Fitting(std::string_view text, double width);

}  // namespace inferometer::report::html
