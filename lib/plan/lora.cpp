// Every layer of the checkpoint under all its names, then every layer of the file.
#include "plan/lora.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "checkpoint/lora_file.h"
#include "config/value_text.h"
#include "plan/model_facts.h"

namespace kinema::plan {
namespace {

using checkpoint::LoraFile;
using checkpoint::LoraLayer;
using checkpoint::LowRank;
using checkpoint::StoredTensor;

// A layer of the checkpoint that a name stands for, or for a part of it.
struct Target {
  size_t component;
  std::string parameter;
  int64_t rows, columns;  // of its matrix
  LayerName name;
};

using Targets = std::map<std::string, std::vector<Target>, std::less<>>;
// What files add to parameters, by component.
using Additions = std::vector<std::map<std::string, std::vector<LowRank>>>;

constexpr std::string_view kPrefixes[] = {"base_model.model.", "model.diffusion_model.",
                                          "diffusion_model.", "transformer."};
constexpr std::string_view kWeight = ".weight";

std::string without_prefixes(std::string_view name) {
  for (const auto prefix : kPrefixes) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  return std::string(name);
}

std::string underscored(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return "lora_unet_" + name;
}

Targets targets_of(const ModelFacts& facts) {
  Targets targets;
  for (size_t i = 0; i < facts.components.size(); ++i) {
    const auto& component = facts.components[i];
    const auto opened = checkpoint::Component::open(component.weights);
    for (const auto& [parameter, stored] : opened.tensors()) {
      const auto& shape = stored.entry.shape;
      if (shape.size() < 2 || shape[0] == 0 || !parameter.ends_with(kWeight)) continue;
      const auto layer = parameter.substr(0, parameter.size() - kWeight.size());
      const auto elements = static_cast<int64_t>(stored.entry.elements());
      auto names = facts.rules().layer_names(component.name, layer);
      names.push_back({component.name == "transformer" ? layer : component.name + "." + layer});
      for (auto& name : names) {
        const Target target{i, parameter, shape[0], elements / shape[0], name};
        targets[name.name].push_back(target);
        targets[underscored(name.name)].push_back(target);
      }
    }
  }
  return targets;
}

std::string where(const LoraFile& file, const std::string& layer) {
  return file.path.string() + ": \"" + layer + "\"";
}

// [rows, rank] and [rank, columns] of a layer's factors.
struct Sizes {
  int64_t rows, rank, columns;
};

Sizes sizes_of(const LoraFile& file, const std::string& name, const LoraLayer& layer) {
  if (!layer.down || !layer.up) {
    throw Error(ErrorKind::kModel, where(file, name) + " has only one of its two factors, " +
                                       (layer.down ? layer.down : layer.up)->entry.name);
  }
  const auto &down = layer.down->entry, &up = layer.up->entry;
  const int64_t rank = down.shape[0];
  const auto elements = static_cast<int64_t>(up.elements());
  if (rank == 0 || up.shape[0] == 0) {
    throw Error(ErrorKind::kModel,
                where(file, name) + " has an empty factor: " + checkpoint::shape_text(down.shape) +
                    " and " + checkpoint::shape_text(up.shape));
  }
  if (elements != up.shape[0] * rank) {
    throw Error(ErrorKind::kModel, where(file, name) + " has factors of different ranks: " +
                                       checkpoint::shape_text(down.shape) + " and " +
                                       checkpoint::shape_text(up.shape));
  }
  return {up.shape[0], rank, static_cast<int64_t>(down.elements()) / rank};
}

void check_fits(const LoraFile& file,
                const std::string& name,
                const Sizes& sizes,
                const Target& target) {
  if (sizes.rows == target.rows * target.name.parts && sizes.columns == target.columns) return;
  throw Error(ErrorKind::kModel,
              fmt::format("{} changes a matrix of {} x {}, but {} is {} x {}", where(file, name),
                          sizes.rows, sizes.columns, target.parameter,
                          target.rows * target.name.parts, target.columns),
              "was it made for another model, or another size of this one?");
}

LowRank part_of(const LoraLayer& layer, const Sizes& sizes, const Target& target, double strength) {
  const double alpha = layer.alpha.value_or(static_cast<double>(sizes.rank));
  return {.down = *layer.down,
          .up = *layer.up,
          .scale = strength * alpha / static_cast<double>(sizes.rank),
          .first_row = target.name.part * target.rows,
          .turn = target.name.halves_swapped ? target.rows / 2 : 0};
}

std::vector<std::string> keys_of(const LoraLayer& layer) {
  std::vector<std::string> keys;
  for (const auto* factor : {&layer.down, &layer.up})
    if (*factor) keys.push_back((*factor)->entry.name);
  return keys;
}

void check_matched(const LoraFile& file,
                   const std::vector<std::string>& unmatched,
                   bool ignores,
                   const LoraUse& use,
                   const ModelFacts& facts) {
  if (unmatched.empty()) return;
  const auto text =
      fmt::format("{}: {} of {} keys match no layer of {}, first: {}", file.path.string(),
                  unmatched.size(), file.keys, facts.title, unmatched.front());
  if (use.layers == 0)
    throw Error(ErrorKind::kModel, text,
                "it seems made for another model: kinema inspect shows it");
  if (!ignores) throw Error(ErrorKind::kModel, text, "--lora-ignore-unmatched to use the rest");
  note(text + "; the rest is used");
}

LoraUse add_file(const config::Lora& given,
                 bool ignores,
                 const Targets& targets,
                 const ModelFacts& facts,
                 Additions& additions) {
  const auto file = LoraFile::open(given.path);
  if (file.layers.empty()) {
    throw Error(ErrorKind::kModel,
                file.path.string() +
                    ": holds no low-rank adapters (lora_A and lora_B, or lora_down and lora_up)",
                "kinema inspect " + file.path.string());
  }
  LoraUse use{given.path, given.scale, 0, {}};
  auto unmatched = file.others;
  for (const auto& [name, layer] : file.layers) {
    const auto found = targets.find(without_prefixes(name));
    if (found == targets.end()) {
      for (auto& key : keys_of(layer)) unmatched.push_back(std::move(key));
      continue;
    }
    const auto sizes = sizes_of(file, name, layer);
    for (const auto& target : found->second) {
      check_fits(file, name, sizes, target);
      additions[target.component][target.parameter].push_back(
          part_of(layer, sizes, target, given.scale));
    }
    ++use.layers;
    ++use.ranks[sizes.rank];
  }
  check_matched(file, unmatched, ignores, use, facts);
  return use;
}

}  // namespace

std::string lora_text(const LoraUse& use) {
  std::string ranks;
  for (const auto& [rank, layers] : use.ranks)
    ranks += fmt::format("{}{}", ranks.empty() ? "" : ", ", rank);
  return fmt::format("{} {} times: {} layers, rank {}", use.path.string(),
                     config::Value<double>::text(use.scale), use.layers, ranks);
}

OrderedJson lora_json(const LoraUse& use) {
  OrderedJson ranks = OrderedJson::object();
  for (const auto& [rank, layers] : use.ranks) ranks[std::to_string(rank)] = layers;
  return {
      {"path", use.path.string()}, {"scale", use.scale}, {"layers", use.layers}, {"ranks", ranks}};
}

void read_loras(const config::Request& request, ModelFacts& facts) {
  if (!request.lora) return;
  const auto targets = targets_of(facts);
  Additions additions(facts.components.size());
  for (const auto& one : *request.lora)
    facts.loras.push_back(add_file(one, request.lora_ignore_unmatched, targets, facts, additions));
  for (size_t i = 0; i < additions.size(); ++i) {
    for (auto& [parameter, list] : additions[i]) {
      facts.components[i].adapters[parameter] =
          std::make_shared<const std::vector<LowRank>>(std::move(list));
    }
  }
}

}  // namespace kinema::plan
