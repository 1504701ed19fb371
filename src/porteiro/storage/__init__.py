"""Files that outlive the process: directory, settings of condominiums, visits."""
