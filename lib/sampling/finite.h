// Whether values are finite: otherwise no picture can come of them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace c10 {
struct Event;
}

namespace kinema::sampling {

// Looks at values without making the host wait for the device that makes them: a question is
// answered when the next one is put, while the device works on. On the CPU answers come at once.
class FiniteCheck {
 public:
  // Begins to look at `values`, all on one device; `where` says what they are. Throws Error(kModel)
  // for the values before them, or, on the CPU, for these.
  void look(const std::vector<at::Tensor>& values, const std::string& where);
  // The last question's answer. Throws likewise.
  void settle();

 private:
  struct Question {
    at::Tensor largest;                 // one magnitude, in the host's memory when it is there
    std::shared_ptr<c10::Event> there;  // null: it is
    std::string where;
  };
  static Question asked(const std::vector<at::Tensor>& values, const std::string& where);
  static void answer(const Question& question);

  std::optional<Question> open_;
};

}  // namespace kinema::sampling
