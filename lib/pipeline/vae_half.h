// Encoder and decoder of an autoencoder, which are loaded apart.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "nn/param_scope.h"
#include "pipeline/component.h"
#include "pipeline/loaded_network.h"

namespace kinema::pipeline {

// What the networks of one half are made from: the component's files, in which the weights of the
// `other` half ("encoder", "decoder") are left unread.
class VaeHalf {
 public:
  VaeHalf(const Runtime& runtime, const char* other)
      : opened_(std::make_unique<OpenComponent>(
            runtime,
            "vae",
            weights::NameMap{.prefixes = {}, .unused = {std::string(other) + ".*"}})) {}

  // Tells what was read, once.
  void report(Stages& stages) {
    if (opened_) std::exchange(opened_, nullptr)->loaded(stages);
  }

 protected:
  nn::ParamScope root() { return nn::ParamScope(opened_->source()); }
  // To be called when the networks are.
  void made() { opened_->made(); }

 private:
  std::unique_ptr<OpenComponent> opened_;
};

// For use by the thread that computes.
template <class Half>
const Half& used(LoadedNetwork<Half>& half, Runtime& runtime) {
  auto& got = half.get(runtime);
  got.report(runtime.stages);
  return got;
}

}  // namespace kinema::pipeline
