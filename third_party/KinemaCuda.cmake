# What GPUs need. LibTorch computes on them by itself; dep::cuda and dep::nccl are for our two modules, which are loaded
# when a GPU is used: nothing else may link them.
get_filename_component(_torch_lib "${KINEMA_TORCH_CPU_LIBRARY}" DIRECTORY)
get_filename_component(_wheels "${_torch_lib}/../.." ABSOLUTE)

# kinema_cuda_part(NAME HEADER LIBRARIES... FOLDERS...): the target dep::NAME, if it is there.
function(kinema_cuda_part name)
  cmake_parse_arguments(ARG "" "HEADER" "LIBRARIES;FOLDERS" ${ARGN})
  find_path(KINEMA_${name}_INCLUDE_DIR "${ARG_HEADER}" HINTS ${ARG_FOLDERS} PATH_SUFFIXES include)
  find_library(KINEMA_${name}_LIBRARY NAMES ${ARG_LIBRARIES} HINTS ${ARG_FOLDERS} PATH_SUFFIXES lib lib64)
  if(NOT KINEMA_${name}_INCLUDE_DIR OR NOT KINEMA_${name}_LIBRARY)
    return()
  endif()
  add_library(dep_${name} INTERFACE)
  target_include_directories(dep_${name} SYSTEM INTERFACE "${KINEMA_${name}_INCLUDE_DIR}")
  target_link_libraries(dep_${name} INTERFACE "${KINEMA_${name}_LIBRARY}")
  add_library(dep::${name} ALIAS dep_${name})
endfunction()

# kinema_needs(OPTION TARGETS...): an option that is on wants these.
function(kinema_needs option)
  foreach(target ${ARGN})
    if(${option} AND NOT TARGET ${target})
      string(REPLACE "dep::" "" part "${target}")
      message(FATAL_ERROR "${option}=ON: ${part} not found beside the LibTorch in ${_torch_lib}; name a LibTorch with CUDA "
                          "(-DCMAKE_PREFIX_PATH=...), or -DKINEMA_${part}_INCLUDE_DIR=... and -DKINEMA_${part}_LIBRARY=...")
    endif()
  endforeach()
endfunction()

find_library(KINEMA_C10_CUDA_LIBRARY c10_cuda HINTS "${_torch_lib}" NO_DEFAULT_PATH)
# The wheel's own files come first: they are what LibTorch loads.
kinema_cuda_part(cudart HEADER cuda_runtime_api.h LIBRARIES libcudart.so.13 cudart
  FOLDERS "${_wheels}/nvidia/cu13" "$ENV{CUDA_HOME}" /usr/local/cuda)
kinema_cuda_part(nccl HEADER nccl.h LIBRARIES libnccl.so.2 nccl FOLDERS "${_wheels}/nvidia/nccl")
if(KINEMA_C10_CUDA_LIBRARY AND TARGET dep::cudart)
  add_library(dep_cuda INTERFACE)
  target_link_libraries(dep_cuda INTERFACE dep::torch_cpu "${KINEMA_C10_CUDA_LIBRARY}" dep::cudart)
  add_library(dep::cuda ALIAS dep_cuda)
endif()

set(_nccl OFF)
if(TARGET dep::cuda AND TARGET dep::nccl)
  set(_nccl ON)
endif()
option(KINEMA_NCCL "Build what GPUs of several processes talk through (needs a LibTorch with CUDA, and NCCL)" ${_nccl})
option(KINEMA_CUDA "Build CUDA kernels of our own for --kernels fused (needs nvcc)" OFF)
set(KINEMA_CUDA_ARCHITECTURES "80-real;90a-real;120-real" CACHE STRING "GPU architectures of our kernels")
kinema_needs(KINEMA_NCCL dep::cuda dep::nccl)
kinema_needs(KINEMA_CUDA dep::cuda)
