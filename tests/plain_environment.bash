# What no test may inherit from the shell that starts it: a launcher's variables would make one rank of a run, a user's choose
# another model, and without its assertions Python checks nothing. Sourced.
for variable in $(compgen -e); do
  case $variable in
    KINEMA_TOKENIZERS) ;;
    KINEMA_* | OMPI_* | PMI* | MV2_* | PALS_* | SLURM_* | MPI_* | TORCHELASTIC* | MASTER_*) unset "$variable" ;;
    RANK | WORLD_SIZE | LOCAL_RANK | LOCAL_WORLD_SIZE | PYTHONOPTIMIZE) unset "$variable" ;;
  esac
done
