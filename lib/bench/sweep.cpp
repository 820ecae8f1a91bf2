// Reading and checking a sweep's file; its cells are made in sweep_cells.cpp.
#include "bench/sweep.h"

#include <algorithm>
#include <tuple>

#include "base/log.h"
#include "base/nearest.h"
#include "config/json_lines.h"
#include "config/options.h"
#include "config/violations.h"

namespace kinema::bench {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kKeys = {"schema", "name", "base",    "warmup",  "runs", "one_load",
                                        "matrix", "set",  "exclude", "include", "where"};

class Reader {
 public:
  explicit Reader(const fs::path& file) : file_(file), text_(checked_text(file)), lines_(text_) {}

  Sweep read();

 private:
  static std::string checked_text(const fs::path& file);

  void wrong(const std::string& pointer, const std::string& what, const std::string& hint = {});
  void read_repetitions(const OrderedJson& object, Sweep& sweep);
  void read_processes(const OrderedJson& object, Sweep& sweep);
  void read_where(const OrderedJson& object, Sweep& sweep);
  OrderedJson settings(const OrderedJson& object, const std::string& pointer);
  OrderedJson list_of_settings(const OrderedJson& object, const std::string& key);
  OrderedJson axes(const OrderedJson& object);
  void check_value(const std::string& key, OrderedJson& value, const std::string& pointer);

  fs::path file_;
  std::string text_;
  config::JsonLines lines_;
  config::Violations violations_;
};

// Valid JSON, said by the parser whose messages name the place; the ordered one keeps the axes'
// order.
std::string Reader::checked_text(const fs::path& file) {
  if (!fs::is_regular_file(file))
    throw Error(ErrorKind::kConfig, file.string() + ": no such sweep file");
  auto text = read_text(file);
  parse_json(text, file.string(), ErrorKind::kConfig);
  return text;
}

void Reader::wrong(const std::string& pointer, const std::string& what, const std::string& hint) {
  violations_.add(
      ErrorKind::kConfig,
      fmt::format("{} ({}:{}, {})", what, file_.string(), lines_.line(pointer), pointer), hint);
}

// Paths in a sweep are relative to its file, as in every file of settings.
void Reader::check_value(const std::string& key, OrderedJson& value, const std::string& pointer) {
  const auto* option = config::find_option(key);
  if (option == nullptr)
    return wrong(pointer, "unknown key \"" + key + "\"", did_you_mean(key, config::option_keys()));
  if (is_expression(value)) return;
  config::Request scratch;
  if (!option->set_json(scratch, Json(value)))
    return wrong(pointer,
                 fmt::format("\"{}\" must be {}, not {}", key, option->wanted(), value.dump()));
  value = config::with_paths(option->field, Json(value), [&](const std::string& path) {
    const auto beside = file_.parent_path() / path;
    return key != "model" || fs::exists(beside) ? beside.lexically_normal().string() : path;
  });
}

OrderedJson Reader::settings(const OrderedJson& object, const std::string& pointer) {
  if (!object.is_object()) {
    wrong(pointer, "an object of settings is wanted here, not " + object.dump());
    return OrderedJson::object();
  }
  auto checked = object;
  for (auto& [key, value] : checked.items()) check_value(key, value, pointer + "/" + key);
  return checked;
}

OrderedJson Reader::list_of_settings(const OrderedJson& object, const std::string& key) {
  auto list = OrderedJson::array();
  const auto given = object.value(key, OrderedJson::array());
  if (!given.is_array()) {
    wrong("/" + key, "\"" + key + "\" must be a list of objects of settings");
    return list;
  }
  for (size_t i = 0; i < given.size(); ++i)
    list.push_back(settings(given[i], fmt::format("/{}/{}", key, i)));
  return list;
}

OrderedJson Reader::axes(const OrderedJson& object) {
  auto axes = object.value("matrix", OrderedJson::object());
  if (!axes.is_object()) {
    wrong("/matrix", "\"matrix\" must be an object of lists of values");
    return OrderedJson::object();
  }
  for (auto& [key, values] : axes.items()) {
    const auto pointer = "/matrix/" + key;
    if (!values.is_array() || values.empty()) {
      wrong(pointer, "\"" + key + "\" must be a list of at least one value");
      continue;
    }
    for (size_t i = 0; i < values.size(); ++i)
      check_value(key, values[i], fmt::format("{}/{}", pointer, i));
  }
  return axes;
}

void Reader::read_repetitions(const OrderedJson& object, Sweep& sweep) {
  for (auto [key, count, least] : {std::tuple{"warmup", &sweep.repetitions.warmup, int64_t{0}},
                                   std::tuple{"runs", &sweep.repetitions.runs, int64_t{1}}}) {
    if (!object.contains(key)) continue;
    if (object[key].is_number_integer() && object[key].get<int64_t>() >= least) {
      *count = object[key].get<int64_t>();
    } else {
      wrong("/" + std::string(key),
            fmt::format("\"{}\" must be a whole number of at least {}", key, least));
    }
  }
}

void Reader::read_processes(const OrderedJson& object, Sweep& sweep) {
  const auto one_load = object.value("one_load", OrderedJson(false));
  if (!one_load.is_boolean()) wrong("/one_load", "\"one_load\" must be true or false");
  if (one_load == true) sweep.repetitions.processes = Processes::kOneForAll;
}

void Reader::read_where(const OrderedJson& object, Sweep& sweep) {
  const auto where = object.value("where", OrderedJson::array());
  for (const auto& one : where.is_array() ? where : OrderedJson::array({where})) {
    if (!one.is_string()) {
      wrong("/where", "\"where\" must be an expression or a list of them, not " + one.dump());
      return;
    }
    sweep.where.push_back(one.get<std::string>());
  }
}

Sweep Reader::read() {
  const auto object = OrderedJson::parse(text_);
  Sweep sweep;
  sweep.file = file_;
  sweep.name = file_.stem().string();
  if (!object.is_object())
    throw Error(ErrorKind::kConfig, file_.string() + ": a sweep is an object");
  for (const auto& [key, value] : object.items()) {
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end())
      wrong("/" + key, "unknown key \"" + key + "\"", did_you_mean(key, kKeys));
  }
  if (object.value("schema", OrderedJson(1)) != 1) wrong("/schema", "only \"schema\" 1 is known");
  for (auto key : {"name", "base"}) {
    if (object.contains(key) && !object[key].is_string())
      wrong(std::string("/") + key, fmt::format("\"{}\" must be a text", key));
  }
  violations_.throw_if_any();
  sweep.name = object.value("name", sweep.name);
  if (object.contains("base"))
    sweep.base = (file_.parent_path() / object["base"].get<std::string>()).lexically_normal();
  read_repetitions(object, sweep);
  read_processes(object, sweep);
  read_where(object, sweep);
  sweep.matrix = axes(object);
  sweep.set = settings(object.value("set", OrderedJson::object()), "/set");
  sweep.exclude = list_of_settings(object, "exclude");
  sweep.include = list_of_settings(object, "include");
  for (const auto& [key, value] : sweep.set.items()) {
    if (sweep.matrix.contains(key))
      wrong("/set/" + key, "\"" + key + "\" is set and an axis of the matrix as well");
  }
  violations_.throw_if_any();
  return sweep;
}

}  // namespace

bool is_expression(const OrderedJson& value) {
  return value.is_string() && value.get_ref<const std::string&>().starts_with("=");
}

Sweep read_sweep(const fs::path& file) { return Reader(file).read(); }

}  // namespace kinema::bench
