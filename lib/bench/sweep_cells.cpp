// The product of the axes, with every expression computed.
#include <algorithm>
#include <set>

#include "base/log.h"
#include "bench/expression.h"
#include "bench/sweep.h"
#include "checkpoint/fingerprint.h"
#include "config/options.h"
#include "config/settings.h"

namespace kinema::bench {
namespace {

std::string text_of(const OrderedJson& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// The settings that a cell starts from: the base file's over the program's.
config::Request base_request(const Sweep& sweep) {
  config::Settings settings;
  config::Violations violations;
  if (sweep.base) config::apply_file(*sweep.base, settings, violations);
  violations.throw_if_any();
  return settings.request;
}

// One cell's settings while expressions in them are being computed, each when it is asked for.
class Values {
 public:
  Values(const Sweep& sweep, const config::Request& base, OrderedJson given)
      : sweep_(sweep), base_(base), given_(std::move(given)) {}

  // Every expression replaced by its value.
  OrderedJson all() {
    const auto keys = given_;  // its values change meanwhile
    for (const auto& [key, value] : keys.items()) value_of(key);
    return given_;
  }
  Json value_of(const std::string& name);
  Json computed(const std::string& expression) {
    return evaluate(expression, [this](const std::string& name) { return value_of(name); });
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::kConfig, sweep_.file.string() + ": " + what);
  }

  const Sweep& sweep_;
  const config::Request& base_;
  OrderedJson given_;
  std::set<std::string> open_;  // names whose expressions are being computed
};

Json Values::value_of(const std::string& name) {
  const auto* option = config::find_option(name);
  if (option == nullptr) fail("an expression asks for " + name + ", which is no setting");
  if (!given_.contains(name)) {
    auto value = option->field.json(base_);
    if (value.is_null()) fail("an expression asks for " + name + ", which has no value there");
    return value;
  }
  if (!is_expression(given_[name])) return Json(given_[name]);
  if (!open_.insert(name).second) fail("the expression of " + name + " asks for itself");
  const auto value = computed(given_[name].get<std::string>().substr(1));
  open_.erase(name);
  config::Request scratch;
  if (!option->set_json(scratch, value))
    fail(fmt::format("\"{}\" of {} is {}, which must be {}", given_[name].get<std::string>(), name,
                     value.dump(), option->wanted()));
  given_[name] = value;
  return value;
}

// All combinations, the first axis changing slowest.
std::vector<OrderedJson> product(const OrderedJson& matrix) {
  std::vector<OrderedJson> rows = {OrderedJson::object()};
  for (const auto& [key, values] : matrix.items()) {
    std::vector<OrderedJson> longer;
    for (const auto& row : rows) {
      for (const auto& value : values) {
        longer.push_back(row);
        longer.back()[key] = value;
      }
    }
    rows = std::move(longer);
  }
  return rows;
}

// Why the sweep's file leaves the cell out; empty if it does not.
std::string exclusion(const Sweep& sweep, Values& values) {
  for (const auto& expression : sweep.where) {
    const auto holds = values.computed(expression);
    if (!holds.is_boolean())
      throw Error(ErrorKind::kConfig, sweep.file.string() + ": \"" + expression +
                                          "\" gives neither true nor false, but " + holds.dump());
    if (!holds.get<bool>()) return "not " + expression;
  }
  for (const auto& pattern : sweep.exclude) {
    std::string text;
    const bool agrees =
        std::all_of(pattern.items().begin(), pattern.items().end(), [&](const auto& item) {
          const auto wanted =
              is_expression(item.value())
                  ? values.computed(item.value().template get<std::string>().substr(1))
                  : Json(item.value());
          text += fmt::format("{}{}={}", text.empty() ? "" : " ", item.key(), text_of(wanted));
          return values.value_of(item.key()) == wanted;
        });
    if (agrees) return text;
  }
  return "";
}

// What all cells have in common says nothing about one.
std::string label(const Sweep& sweep, const OrderedJson& given, const OrderedJson& settings) {
  std::string text;
  for (const auto& [key, value] : given.items()) {
    if (sweep.set.contains(key) && sweep.set[key] == value) continue;
    if (sweep.matrix.contains(key) && sweep.matrix[key].size() == 1) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", key, text_of(settings[key]));
  }
  return text.empty() ? sweep.name : text;
}

// Of what decides a measurement; the base file's contents and not its place.
std::string cell_id(const Sweep& sweep, const Json& base, const OrderedJson& settings) {
  checkpoint::Fingerprint fingerprint;
  fingerprint.add(base.dump());
  fingerprint.add(Json(settings).dump());
  fingerprint.add(fmt::format("{} {}", sweep.repetitions.warmup, sweep.repetitions.runs));
  if (sweep.repetitions.processes == Processes::kOneForAll) fingerprint.add("one load");
  return fingerprint.hex().substr(0, 12);
}

}  // namespace

std::vector<SweepCell> sweep_cells(const Sweep& sweep) {
  const auto base = base_request(sweep);
  const auto base_json = sweep.base ? read_json(*sweep.base, ErrorKind::kConfig) : Json::object();
  std::vector<SweepCell> cells;
  std::set<std::string> seen;
  const auto add = [&](OrderedJson given, bool from_matrix) {
    for (const auto& [key, value] : sweep.set.items()) {
      if (!given.contains(key)) given[key] = value;
    }
    Values values(sweep, base, given);
    SweepCell cell;
    cell.settings = values.all();
    cell.label = label(sweep, given, cell.settings);
    cell.id = cell_id(sweep, base_json, cell.settings);
    if (from_matrix) cell.excluded = exclusion(sweep, values);
    if (seen.insert(cell.id).second) cells.push_back(std::move(cell));
  };
  for (auto& row : product(sweep.matrix)) add(std::move(row), true);
  for (const auto& row : sweep.include) add(row, false);
  return cells;
}

std::vector<std::string> bench_words(const Sweep& sweep, const SweepCell& cell) {
  std::vector<std::string> words;
  if (sweep.base) words.push_back("--config=" + sweep.base->string());
  words.push_back(fmt::format("--warmup={}", sweep.repetitions.warmup));
  words.push_back(fmt::format("--runs={}", sweep.repetitions.runs));
  if (sweep.repetitions.processes == Processes::kOneForAll) words.push_back("--one-load");
  words.push_back("--label=" + cell.label);
  for (const auto& [key, value] : cell.settings.items()) {
    const auto& option = config::option(key);
    if (!option.field.is_switch) {
      words.push_back(option.flag() + "=" + text_of(value));
    } else {
      words.push_back(value.get<bool>() ? option.flag() : "--no-" + option.flag().substr(2));
    }
  }
  return words;
}

}  // namespace kinema::bench
