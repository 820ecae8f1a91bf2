// What a rank measured, stage by stage.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "report/trace.h"

namespace kinema::report {

// How a network's repeated blocks came and went in a stage.
struct StreamMeasure {
  std::string home;                 // where they were kept: "shards of 2 ranks"
  int64_t units = 0;                // blocks that are streamed
  int64_t resident_blocks = 0;      // blocks that stay whole
  int64_t slots = 0;                // blocks that are there at a time
  int64_t passes = 0;               // over all blocks
  int64_t fetches = 0;              // of one block each
  uint64_t largest_unit_bytes = 0;  // as it is gathered
  uint64_t fetched_bytes = 0;       // into slots
  uint64_t sent_bytes = 0;          // to ranks that fetched the same
  uint64_t home_bytes = 0;          // kept between uses: a part of each block, or whole ones
  uint64_t read_bytes = 0;          // of the files for streamed blocks, each once
  uint64_t resident_bytes = 0;      // home, slots and all that is not streamed
  double fetching_seconds = 0;      // in which something was being fetched
  double exposed_seconds = 0;       // in which computing waited for it
  // Of each streamed block, in the mean of all passes: computing, being fetched, being waited for.
  // Empty where nothing was measured block by block.
  std::vector<int64_t> blocks;
  std::vector<double> block_compute_seconds, block_fetch_seconds, block_exposed_seconds;

  // The part of the fetches that computing hid; 1 without fetches, 0 where waiting took longer than
  // all of them.
  double overlap() const;
};

// How a component's weights came in a stage.
struct LoadMeasure {
  uint64_t bytes = 0;          // taken
  double exposed_seconds = 0;  // in which nothing else was done
  double beside_seconds = 0;   // in which a thread loaded it while an earlier stage worked
  // By whoever reads files ahead: asked for, of these in memory already, and until all were.
  uint64_t ahead_bytes = 0, cached_bytes = 0;
  double ahead_seconds = 0;
};

// Attentions of one shape by one kernel, as LibTorch chose it.
struct AttentionMeasure {
  std::string kernel;  // "cudnn", "flash", "efficient", "math"
  std::string type;    // of the operands
  int64_t queries = 0, keys = 0, heads = 0, head_dim = 0;
  bool biased = false;  // a dense bias or mask was added to the scores
  int64_t calls = 0;
};

// All runs of one kernel in one step.
struct KernelMeasure {
  std::string name;
  int64_t calls = 0;
  double seconds = 0;
};

// A group's operations in a stage.
struct CommunicationMeasure {
  int64_t operations = 0;
  double seconds = 0;          // from an operation's start until its result could be used
  double exposed_seconds = 0;  // in which computing waited for it, or for the peers

  void add(const CommunicationMeasure& more);
  // The part of the time that computing hid; 0 without operations.
  double overlap() const;
};

// One stage as measured by one rank. Bytes are 0 where they mean nothing (device memory on the
// CPU).
struct StageMeasure {
  std::string stage;  // "load", "encode_text", "encode_image", "denoise", "decode", "write"
  double seconds = 0;
  std::vector<double> step_seconds;
  uint64_t peak_host_bytes = 0;       // resident set, the highest during the stage
  uint64_t peak_allocated_bytes = 0;  // device: tensors
  uint64_t peak_reserved_bytes = 0;   // device: what the allocator holds
  uint64_t peak_device_bytes = 0;     // device: all processes, everything
  uint64_t bytes_read = 0;            // of the checkpoint
  // To other ranks, by group: in the whole stage, and in each of its steps.
  std::map<std::string, uint64_t> bytes_sent;
  std::map<std::string, std::vector<uint64_t>> step_bytes_sent;
  std::map<std::string, CommunicationMeasure> communication;  // by group
  std::map<std::string, StreamMeasure> streams;               // by component
  std::map<std::string, LoadMeasure> loads;                   // by component
  // In the whole stage; of a stage with steps, in the first of them.
  std::vector<AttentionMeasure> attention;
  std::vector<TraceSpan> spans;  // with --trace
  // With --trace: of the second step, the longest.
  std::vector<KernelMeasure> kernels;
};

// What one rank measured.
struct RankReport {
  int64_t rank = 0;
  std::vector<StageMeasure> stages;
  std::map<std::string, uint64_t> bytes_sent;  // by group, in the whole run
};

}  // namespace kinema::report
