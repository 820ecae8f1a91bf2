// From values to pixels, with round numbers to mark.
#pragma once

#include <vector>

namespace kinema::bench {

// A linear axis from 0 to a round number not below `most`.
class Axis {
 public:
  // `from` and `to` are the pixels of 0 and of the axis's end; `most` above 0.
  Axis(double most, double from, double to);

  double at(double value) const { return from_ + (to_ - from_) * value / end_; }
  double end() const { return end_; }
  // 0 to the end in four to eight steps of 1, 2 or 5 times a power of ten.
  const std::vector<double>& marks() const { return marks_; }

 private:
  double from_, to_, end_ = 1;
  std::vector<double> marks_;
};

}  // namespace kinema::bench
