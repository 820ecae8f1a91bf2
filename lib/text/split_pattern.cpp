// PCRE2 in UTF and UCP mode, compiled to machine code where it can be.
#include "text/split_pattern.h"

#include <optional>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/error.h"
#include "text/split_syntax.h"
#include "text/utf8.h"

namespace kinema::text {
namespace {

template <auto kFree>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
template <typename T, auto kFree>
using Owned = std::unique_ptr<T, Freer<kFree>>;

using CompileContext = Owned<pcre2_compile_context, pcre2_compile_context_free>;
using MatchContext = Owned<pcre2_match_context, pcre2_match_context_free>;
using MatchData = Owned<pcre2_match_data, pcre2_match_data_free>;
using JitStack = Owned<pcre2_jit_stack, pcre2_jit_stack_free>;

// Backtracking over a long run of one kind of character must not end for lack of stack.
constexpr size_t kSmallestStack = 32 << 10, kLargestStack = 64 << 20;

std::string message(int error) {
  char text[256] = "";
  pcre2_get_error_message(error, reinterpret_cast<PCRE2_UCHAR*>(text), sizeof text);
  return text;
}

// One search through one text.
class Search {
 public:
  Search(const pcre2_code* code, std::string_view text)
      : code_(code),
        text_(text),
        data_(pcre2_match_data_create_from_pattern(code, nullptr)),
        context_(pcre2_match_context_create(nullptr)),
        stack_(pcre2_jit_stack_create(kSmallestStack, kLargestStack, nullptr)) {
    pcre2_jit_stack_assign(context_.get(), nullptr, stack_.get());
  }

  // The next match from `at` on, as [begin, end); false when there is none.
  bool next(size_t at, size_t& begin, size_t& end) {
    // The text was checked once; PCRE2 would check it again at each call.
    const int found = pcre2_match(code_, reinterpret_cast<PCRE2_SPTR>(text_.data()), text_.size(),
                                  at, PCRE2_NO_UTF_CHECK, data_.get(), context_.get());
    if (found == PCRE2_ERROR_NOMATCH) return false;
    if (found < 0)
      throw Error(ErrorKind::kInternal, "splitting text into words failed: " + message(found));
    const auto* offsets = pcre2_get_ovector_pointer(data_.get());
    begin = offsets[0];
    end = offsets[1];
    return true;
  }

 private:
  const pcre2_code* code_;
  std::string_view text_;
  MatchData data_;
  MatchContext context_;
  JitStack stack_;
};

}  // namespace

struct SplitPattern::Code {
  Owned<pcre2_code, pcre2_code_free> pattern;
};

SplitPattern::SplitPattern(std::string_view pattern, const std::string& where) {
  const auto translated = pcre_syntax(pattern, where);
  int error = 0;
  PCRE2_SIZE offset = 0;
  auto code = std::make_unique<Code>();
  CompileContext context(pcre2_compile_context_create(nullptr));
  code->pattern.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()),
                                    translated.size(), PCRE2_UTF | PCRE2_UCP, &error, &offset,
                                    context.get()));
  if (!code->pattern) {
    throw Error(ErrorKind::kModel, where + ": \"" + std::string(pattern) +
                                       "\" is not a regular expression: " + message(error));
  }
  // Where there is no compiler for this machine, matching interprets: the same result, slower.
  pcre2_jit_compile(code->pattern.get(), PCRE2_JIT_COMPLETE);
  code_ = std::move(code);
}

SplitPattern::~SplitPattern() = default;
SplitPattern::SplitPattern(SplitPattern&&) noexcept = default;
SplitPattern& SplitPattern::operator=(SplitPattern&&) noexcept = default;

std::vector<Piece> SplitPattern::pieces(std::string_view text) const {
  std::vector<Piece> out;
  Search search(code_->pattern.get(), text);
  size_t done = 0, begin = 0, end = 0;
  std::optional<size_t> last_end;
  for (size_t at = 0; at <= text.size() && search.next(at, begin, end);) {
    if (begin == end && begin == last_end) {
      // An empty match where the last one ended brings nothing.
      at += at < text.size() ? code_point_at(text, at).bytes : 1;
      continue;
    }
    if (done != begin) out.push_back({text.substr(done, begin - done), false});
    out.push_back({text.substr(begin, end - begin), true});
    done = at = end;
    last_end = end;
  }
  if (done != text.size()) out.push_back({text.substr(done), false});
  return out;
}

}  // namespace kinema::text
